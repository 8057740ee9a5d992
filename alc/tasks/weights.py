"""What ``backbone.weights`` names: a file, or a run that left one."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from alc.errors import InputError, did_you_mean
from alc.runs.manifest import Artefact, Manifest
from alc.tasks.named_run import named_runs, names_of_runs
from alc.tasks.problem import Problem

__all__ = ["WEIGHTS", "WEIGHTS_KEY", "StartingWeights", "named_weights"]

WEIGHTS = "weights.safetensors"
"""What a run has to hold to be started from."""
WEIGHTS_KEY = "backbone.weights"

ALLOWED = "null, a file (.safetensors, .pt, .ckpt), or the id or the name of a run that has weights.safetensors"
SUFFIXES = (".safetensors", ".pt", ".pth", ".ckpt", ".bin")
TASKS = ("train", "pretrain")


@dataclass(frozen=True)
class StartingWeights:
    """The source of the weights a training starts from, known before anything is trained.

    Attributes:
        identity: What enters the id of the training in the place of ``backbone.weights``: the digest of a file,
            however it is named, or the id of a run that is still to be done.
        run_ids: The run it comes from, for the manifest.
        file: The file, done first if need be, with the problem if it is loaded already.
    """

    identity: str
    run_ids: tuple[str, ...]
    file: Callable[[Problem | None], Path]


def named_weights(config: DictConfig) -> StartingWeights | None:
    """What ``backbone.weights`` names; None where the networks start as they are made.

    Raises:
        InputError: There is no such file or run, it is not finished, or has no weights.
    """
    wanted = OmegaConf.select(config, WEIGHTS_KEY)
    if wanted is None:
        return None
    file = _named_file(wanted)
    if file is None:
        file = _run(Path(config.paths.runs), wanted) / WEIGHTS
    run = file.resolve().parent
    is_ours = file.name == WEIGHTS and run.parent.name in TASKS and Manifest.read(run) is not None
    return StartingWeights(Artefact.of(file).sha256, (run.name,) if is_ours else (), lambda problem: file)


def _named_file(wanted: object) -> Path | None:
    """The file that a value names; None where it must be a run."""
    text = str(wanted)
    file = Path(text).expanduser()
    if file.is_file():
        return file
    if text.endswith(SUFFIXES) or "/" in text or "\\" in text:
        inside = file / WEIGHTS
        if inside.is_file():
            return inside
        there = f"{file.absolute()} is a folder without {WEIGHTS}" if file.is_dir() else f"no file {file.absolute()}"
        raise InputError(f"{WEIGHTS_KEY}={wanted}: {there}", allowed=ALLOWED, fix=_near(file))
    return None


def _near(file: Path) -> str | None:
    """The file in the same folder that was meant."""
    names = [each.name for each in file.parent.glob("*") if each.suffix in SUFFIXES] if file.parent.is_dir() else []
    return did_you_mean(file.name, names)


def _run(runs: Path, wanted: object) -> Path:
    """The finished run of that id or name, which has weights."""
    found = [runs / Path(*run.resolve().parts[-2:]) for run in named_runs(runs, wanted, TASKS) if run.is_dir()]
    if not found:
        fix = did_you_mean(str(wanted), names_of_runs(runs, TASKS)) or "Type alc-runs to list the runs"
        raise InputError(f"{WEIGHTS_KEY}={wanted}: no file and no run of that id or name", allowed=ALLOWED, fix=fix)
    run = next((run for run in found if Manifest.read(run) is not None), found[0])
    manifest = Manifest.read(run)
    if manifest is None:
        raise InputError(
            f"{WEIGHTS_KEY}={wanted}: run {run.parent.name}/{run.name} is not finished",
            allowed="a finished run",
            fix=f"Type the alc-{run.parent.name} command that began it again: it continues",
        )
    if run.parent.name not in TASKS:
        parents = manifest.parents
        fix = f"Type {WEIGHTS_KEY}={parents[0]}, the training it read" if parents else "Type alc-runs to list the runs"
        raise InputError(
            f"{WEIGHTS_KEY}={wanted} is a {run.parent.name} run, which has no weights", allowed=ALLOWED, fix=fix
        )
    if WEIGHTS not in manifest.artefacts:
        raise InputError(
            f"{WEIGHTS_KEY}={wanted}: training {run.name} has no {WEIGHTS}, since it trained several models",
            allowed="a run of one model: posteriors=in_sample or mc_dropout, or a pre-training",
            fix="Train one with posteriors=in_sample and name that",
        )
    if damage := manifest.damage(run):
        raise InputError(
            f"{WEIGHTS_KEY}={wanted}: run {run.parent.name}/{run.name} is damaged, {damage}",
            allowed="a complete run",
            fix=f"Type the alc-{run.parent.name} command that made it again",
        )
    return run

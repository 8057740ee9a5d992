"""Where a task's posteriors come from: the training its config implies, a named run, or a file."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from omegaconf import DictConfig

from alc.errors import InputError
from alc.posteriors import Posteriors
from alc.runs.manifest import Manifest
from alc.tasks.problem import Problem
from alc.tasks.training import trained, training_path

__all__ = ["Parent", "find_parent"]

ALLOWED = "auto, the id or the name of a training, or a file that ends in .npz"


@dataclass(frozen=True)
class Parent:
    """The source of posteriors, known before anything is trained.

    Attributes:
        title: What a reader is told: the training or the file.
        identity: What enters the id of a run that reads it: a run id, or the digest of a file.
        run_ids: The run ids among that, for the manifest.
        read: Reads the posteriors, training first if need be.
    """

    title: str
    identity: str
    run_ids: tuple[str, ...]
    read: Callable[[Problem], Posteriors]

    def load(self, problem: Problem) -> Posteriors:
        """The posteriors of the samples of a problem, in their order."""
        posteriors, samples = self.read(problem), problem.samples
        try:
            posteriors = posteriors.aligned_to(samples.sample_id)
        except InputError as error:
            raise InputError(f"{self.title}: {error.problem}", allowed=error.allowed, fix=error.fix) from error
        if posteriors.num_classes != samples.num_classes:
            raise InputError(
                f"{self.title} has posteriors of {posteriors.num_classes} classes, the data have {samples.num_classes}",
                allowed="the same classes in the same order",
            )
        return posteriors


def find_parent(config: DictConfig, digests: dict[str, str]) -> Parent:
    """Resolve ``posteriors_from``: ``auto``, the id or name of a training, or a ``posteriors.npz``."""
    wanted = config.posteriors_from
    if wanted == "auto":
        path = training_path(config, digests)
        return Parent(
            f"training {path.name}",
            path.name,
            (path.name,),
            lambda problem: Posteriors.load(trained(config, digests, problem=problem) / "posteriors.npz"),
        )
    if str(wanted).endswith(".npz"):
        file = Path(str(wanted))
        if not file.is_file():
            raise InputError(f"posteriors_from={wanted}: there is no file {file.absolute()}", allowed=ALLOWED)
        return Parent(f"file {file}", sha256(file.read_bytes()).hexdigest(), (), lambda problem: Posteriors.load(file))
    found = _training(Path(config.paths.runs), wanted)
    return Parent(
        f"training {found.name}", found.name, (found.name,), lambda problem: Posteriors.load(found / "posteriors.npz")
    )


def _training(runs: Path, wanted: object) -> Path:
    """The finished training of that id or name."""
    found = next((run for run in _candidates(runs, wanted) if Manifest.read(run) is not None), None)
    if found is None:
        raise InputError(
            f"posteriors_from={wanted}: no finished training of that id or name in {runs / 'train'}",
            allowed=ALLOWED,
            fix="Type alc-runs to list the runs, or posteriors_from=auto to train",
        )
    found = found.resolve()
    if found.parent.name != "train":
        manifest = Manifest.read(found)
        parents = manifest.parents if manifest else ()
        of = f", of the posteriors of training {parents[0]}" if parents else ""
        fix = f"Type posteriors_from={parents[0]}" if parents else "Type alc-runs to list the runs"
        raise InputError(f"posteriors_from={wanted} is a {found.parent.name} run{of}", allowed=ALLOWED, fix=fix)
    return found


def _candidates(runs: Path, wanted: object) -> list[Path]:
    if isinstance(wanted, float):  # a run id such as 12345e6789, which the command line takes for a number
        numbers = [run for run in (runs / "train").glob("*e*") if re.fullmatch(r"\d+e\d+", run.name)]
        return [run for run in numbers if float(run.name) == wanted]
    name = str(wanted)
    return [runs / "train" / name, runs / name] if re.fullmatch(r"\w[\w.-]*", name) else []

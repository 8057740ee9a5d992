"""The noise of a config, its features named by a file or by the run that kept them."""

from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from alc.build import build
from alc.errors import InputError
from alc.noise import InstanceDependent
from alc.tasks.finished_run import finished_run
from alc.tasks.named_run import named_runs

__all__ = ["FEATURES_KEY", "build_noise", "noise_digests"]

FEATURES_KEY, FEATURES = "noise.features", "features.npz"


def build_noise(config: DictConfig) -> Any:
    """The noise model; ``noise.features`` may be a file, or the id or the name of a training that has features.

    Raises:
        InputError: Such a run is not finished, or has kept no features.
    """
    wanted = OmegaConf.select(config, FEATURES_KEY)
    if wanted is None or Path(str(wanted)).expanduser().is_file():
        return build(config, "noise")
    runs = Path(config.paths.runs)
    if not any(run.is_dir() for run in named_runs(runs, wanted, ("train",))):
        return build(config, "noise", features=str(wanted))  # which says that there is no such file
    run, manifest = finished_run(runs, wanted, "train", FEATURES_KEY)
    if FEATURES not in manifest.artefacts:
        raise InputError(
            f"{FEATURES_KEY}={wanted}: training {run.name} has kept no features",
            allowed="a file, or a training with method.keep_features=true",
            fix="Type the command that made it again with method.keep_features=true",
        )
    return build(config, "noise", features=str(run / FEATURES))


def noise_digests(config: DictConfig) -> dict[str, str]:
    """Digest of every file that the noise reads; that of features counts by content, whatever names them."""
    noise = build_noise(config)
    digests: dict[str, str] = {**noise.digests()}
    if isinstance(noise, InstanceDependent):
        digests[FEATURES_KEY] = next(iter(digests.values()))
    return digests

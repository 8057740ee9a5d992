"""The track of a training: which images it learned from, by what is written beside its posteriors."""

from pathlib import Path
from typing import TYPE_CHECKING

from omegaconf import DictConfig, OmegaConf

from alc.errors import InputError
from alc.runs.identity import pretraining_config
from alc.runs.manifest import Manifest
from alc.sources.dataset import ImageDataset
from alc.tasks.pretraining import wants_pretraining
from alc.tasks.problem import plain
from alc.tasks.recorded import recorded

if TYPE_CHECKING:
    from alc.protocols.obtained import PosteriorSource

__all__ = ["EXTERNAL", "require_track"]

EXTERNAL = "external"
"""Weights that were made from other images, or nobody knows from which."""


def require_track(
    config: DictConfig, dataset: ImageDataset, protocol: "PosteriorSource", start: Path | None, *, goes_on: bool = False
) -> str:
    """The track of the training that a config implies.

    That of the data, or ``external`` where the networks start from weights that no run here made from these very
    images: a file, a run on other data, or weights published for a timm network.

    Args:
        config: With the groups of a training.
        dataset: What it trains on.
        protocol: How posteriors are obtained.
        start: File of weights that the networks start from, if not as they are made.
        goes_on: Whether the weights are of the same networks on the same images.

    Raises:
        InputError: The data have images without labels and nothing in the config would learn from them: the result
            would be filed under a track it does not belong to.
    """
    learns = (
        wants_pretraining(config)
        or config.method.get("unlabelled_ratio", 0) > 0
        or (getattr(protocol, "learns_from_unlabelled", False) and config.posteriors.unlabelled)
    )
    if dataset.unlabelled is not None and not learns:
        raise InputError(
            f"the data have {len(dataset.unlabelled)} images without labels (track {dataset.track}), and neither "
            "method nor posteriors nor ssl learns from any",
            allowed="a method that does, or data of samples only",
            fix="Type method=semi_supervised or posteriors=self_training, or leave out data.track and data.unlabelled",
        )
    return EXTERNAL if not goes_on and _is_external(config, start) else dataset.track


def _is_external(config: DictConfig, start: Path | None) -> bool:
    if config.backbone.get("pretrained", False):
        return True
    if OmegaConf.select(config, "backbone.weights") is None or start is None:
        return False
    run = start.resolve().parent
    manifest = Manifest.read(run)
    if wants_pretraining(config) or manifest is None or manifest.headline.get("track") == EXTERNAL:
        return True
    then = recorded(run)
    theirs, ours = (pretraining_config(plain(each)) for each in (then, config))
    same = all(theirs[key] == ours[key] for key in ("data", "seeds"))
    return not same or OmegaConf.select(then, "backbone.weights") is not None

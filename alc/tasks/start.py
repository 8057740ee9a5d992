"""Where a training starts: as networks are made, from given weights, or where a self-supervised training ends."""

from typing import TYPE_CHECKING

from omegaconf import DictConfig

from alc.errors import InputError
from alc.tasks.pretraining import pretrained, pretraining_path, wants_pretraining
from alc.tasks.problem import input_digests
from alc.tasks.weights import WEIGHTS, WEIGHTS_KEY, StartingWeights, named_weights

if TYPE_CHECKING:
    from alc.models.tuning import Tuning

__all__ = ["require_start", "starting_weights", "training_inputs"]


def training_inputs(config: DictConfig) -> dict[str, str]:
    """Digest of every input of the training that a config implies: files of data and noise, and starting weights."""
    digests, weights = input_digests(config), starting_weights(config)
    return digests if weights is None else {**digests, WEIGHTS_KEY: weights.identity}


def starting_weights(config: DictConfig) -> StartingWeights | None:
    """Where the networks get their weights; None where they start as they are made.

    With a self-supervised training, ``backbone.weights`` is where that starts, and the training goes on from its end.
    """
    if not wants_pretraining(config):
        return named_weights(config)
    path = pretraining_path(config)
    return StartingWeights(
        path.name,
        (path.name,),
        lambda problem: pretrained(config, images=problem.dataset.learnable if problem else None) / WEIGHTS,
    )


def require_start(config: DictConfig, tuning: "Tuning", weights: object) -> None:
    """Refuse to tune a network whose weights are random."""
    if tuning.needs_weights and weights is None and not config.backbone.get("pretrained", False):
        raise InputError(
            f"tuning={tuning.option}, and the backbone has no weights to start from",
            allowed="weights of a run or a file, a self-supervised training, or those published for a timm network",
            fix="Type backbone.weights=<run id, name or file>, ssl=simclr, or backbone.pretrained=true",
        )

"""What a consensus must be given, checked in one place: people it can tell apart, posteriors that saw no vote."""

from typing import Literal, get_args

import numpy as np

from alc.annotations import Annotations
from alc.arrays import FloatArray
from alc.errors import InputError
from alc.posteriors import Posteriors

__all__ = ["held_out_probabilities", "require_annotators"]

HeldOut = Literal["cross_fit", "external"]
"""Protocols whose model had not seen the vote it is fused with; of external posteriors the user vouches for it."""


def held_out_probabilities(
    posteriors: Posteriors | None, num_samples: int, num_classes: int, consensus: str
) -> FloatArray:
    """Mean probabilities (N, C) of a model that did not see the votes it is to be fused with.

    A model that was trained on a vote repeats it, so that fusing the two would count the vote twice and be certain of
    what nobody checked.

    Raises:
        InputError: There are none, they are in-sample, or they are of other samples or classes.
    """
    fix = "Type posteriors=cross_fit"
    if posteriors is None:
        raise InputError(
            f"consensus={consensus} was given no posteriors",
            allowed="posteriors of a model that had not seen the votes",
            fix=fix,
        )
    if posteriors.protocol not in get_args(HeldOut):
        raise InputError(
            f"consensus={consensus} was given {posteriors.protocol} posteriors, whose model was trained on the votes "
            "it would be fused with: every vote would count twice",
            allowed=" or ".join(f"{protocol} posteriors" for protocol in get_args(HeldOut)),
            fix=fix,
        )
    if (len(posteriors), posteriors.num_classes) != (num_samples, num_classes):
        raise InputError(
            f"consensus={consensus}: the posteriors are of {len(posteriors)} samples and {posteriors.num_classes} "
            f"classes, the votes of {num_samples} and {num_classes}",
            allowed="the same samples, in the same order, and the same classes",
        )
    return posteriors.mean


def require_annotators(annotations: Annotations, consensus: str) -> None:
    """Refuse votes that all carry one annotator id: there is nobody to tell from anybody.

    Raises:
        InputError: As it says.
    """
    who = np.unique(annotations.annotator)
    if len(who) < 2:
        raise InputError(
            f"consensus={consensus} weighs annotators against each other, and all {len(annotations)} votes carry the "
            f"annotator id {who[0] if len(who) else 'of nobody'}",
            allowed="votes with the ids of two annotators or more",
            fix="Type data.batch_order=file for CIFAR-10N, or consensus=majority, which needs no ids",
        )

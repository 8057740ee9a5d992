"""What scores of posteriors start from: matching inputs, the mean over members, one label per sample."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from alc.arrays import FloatArray, IntArray
from alc.errors import InputError
from alc.labels import LabelCounts
from alc.posteriors import PosteriorProtocol, Posteriors

__all__ = ["UNSEEN", "label_of", "mean_of", "out_of_sample", "wants_out_of_sample"]

UNSEEN: tuple[PosteriorProtocol, ...] = ("cross_fit", "external")
"""Protocols whose posteriors of a sample may come from a model that was not trained on its label."""

MARK = "wants_out_of_sample"

FIX = "Type posteriors=cross_fit, or choose a selector that takes any, e.g. selector=cross_entropy"

Arguments = ParamSpec("Arguments")


def mean_of(posteriors: Posteriors, counts: LabelCounts) -> FloatArray:
    """Mean over members (N, C), once it is known to belong to the counts.

    Raises:
        InputError: The counts are of other samples or classes, or there is one class only.
    """
    num_samples, num_classes = len(posteriors), posteriors.num_classes
    if counts.shape != (num_samples, num_classes):
        raise InputError(
            f"posteriors are of {num_samples} samples and {num_classes} classes, "
            f"label counts of {len(counts)} and {counts.num_classes}",
            allowed="the same samples and classes in both",
            fix="Join them first with posteriors.aligned_to(sample_id)",
        )
    if num_classes == 1:
        ids = ", ".join(map(str, posteriors.sample_id[:5])) + (" and others" if num_samples > 5 else "")
        raise InputError(
            f"posteriors have one class, so every score would be undefined (sample ids {ids})",
            allowed="two classes or more",
            fix="For a binary problem give both columns, [1 - p, p]",
        )
    return posteriors.mean


def label_of(counts: LabelCounts) -> IntArray:
    """Majority labels (N,), not to be written to; single votes are not copied."""
    return counts.majority if counts.only_vote is None else counts.only_vote


def out_of_sample(score: Callable[Arguments, FloatArray]) -> Callable[Arguments, FloatArray]:
    """The score, which then refuses posteriors of a model that was trained on the labels they are to judge.

    For scores that read a share of wrong labels or the worth of a model off the posteriors: in-sample these are too
    good by as much as the model has memorised.
    """

    @wraps(score)
    def checked(*args: Arguments.args, **kwargs: Arguments.kwargs) -> FloatArray:
        posteriors = args[0] if args else kwargs["posteriors"]
        assert isinstance(posteriors, Posteriors)
        if posteriors.protocol not in UNSEEN:
            raise InputError(
                f"{score.__name__} needs posteriors of models that had not seen the labels, "
                f"and these are {posteriors.protocol}",
                allowed=", ".join(UNSEEN),
                fix=FIX,
            )
        return score(*args, **kwargs)

    setattr(checked, MARK, True)
    return checked


def wants_out_of_sample(score: object) -> bool:
    """Whether :func:`out_of_sample` made a score, or a partial of it."""
    return bool(getattr(getattr(score, "func", score), MARK, False))

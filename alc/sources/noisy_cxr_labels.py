"""How NoisyCXR's labels are made (Bernhardt et al. 2022, Methods and Table 3): functions of arrays alone."""

from typing import Literal, get_args

import numpy as np

from alc.arrays import BoolArray, FloatArray, IntArray
from alc.errors import InputError

__all__ = [
    "CATEGORIES",
    "Ambiguous",
    "FlipRule",
    "answer_distribution",
    "check_choice",
    "flipped_rows",
    "initial_labels",
    "is_ambiguous",
    "nih_category",
    "released_halves",
    "says_pneumonia",
]

FlipRule = Literal["released", "per_class"]
Ambiguous = Literal["released", "paper", "none"]
PNEUMONIA, CONSOLIDATION, OTHER, NO_FINDING = range(4)
CATEGORIES = ("Pneumonia", "Consolidation/Infiltration", "Other disease", "No finding")
"""What the NIH text of an image says, in the rows of the paper's Table 3."""

WEIGHTS = {"released": (0.75, 0.75), "paper": (0.67, 0.66)}
"""Probability of the reference label on ambiguous images whose reference is Normal, and Opacity."""


def check_choice(key: str, value: str, allowed: object) -> None:
    """Refuse a value that a Literal does not list."""
    if value not in get_args(allowed):
        choices = get_args(allowed)
        raise InputError(f"{key} is {value!r}", allowed=", ".join(choices), fix=f"Type {key}={choices[0]}")


def nih_category(labels: str) -> int:
    """Index in :data:`CATEGORIES` of an image's NIH labels, upper or lower case.

    >>> [CATEGORIES[nih_category(text)] for text in ("Infiltration|Pneumonia", "Edema|Consolidation", "Hernia")]
    ['Pneumonia', 'Consolidation/Infiltration', 'Other disease']
    """
    text = labels.lower()
    if "pneumonia" in text:
        return PNEUMONIA
    if "infiltration" in text or "consolidation" in text:
        return CONSOLIDATION
    return NO_FINDING if "no finding" in text else OTHER


def says_pneumonia(labels: str) -> bool:
    """Whether NIH labels name pneumonia, an infiltration or a consolidation.

    >>> says_pneumonia("Effusion|Infiltration"), says_pneumonia("No Finding")
    (True, False)
    """
    return nih_category(labels) in {PNEUMONIA, CONSOLIDATION}


def initial_labels(category: IntArray, truth: IntArray) -> IntArray:
    """Labels (N,) before any flip: Opacity for pneumonia, the adjudicated label for consolidation or infiltration.

    All others are Normal: what NIH calls another disease is no pneumonia-like opacity.

    >>> initial_labels(np.array([0, 1, 1, 2, 3]), np.array([0, 1, 0, 1, 1])).tolist()
    [1, 1, 0, 0, 0]
    """
    return np.where(category == CONSOLIDATION, truth, (category == PNEUMONIA).astype(np.int64)).astype(np.int64)


def flipped_rows(
    category: IntArray, truth: IntArray, rate: float, rule: FlipRule, legacy: np.random.RandomState
) -> IntArray:
    """Rows of consolidation or infiltration whose label is flipped, (K,), in the order drawn.

    ``released``: ``floor(rate * n)`` of all n of them, without replacement, as the released code draws them.
    ``per_class``: ``rate`` of those with adjudicated label Normal, then of those with Opacity, each rounded to
    the nearest whole number.  With 0.10 that is 855 of 8,551 and 399 of 3,988, the only reading that gives the paper's
    Table 3; the released one flips 1,253, one fewer, and leaves to chance how many of which class.

    Args:
        category: (N,) indices in :data:`CATEGORIES`.
        truth: (N,) adjudicated labels.
        rate: Share to flip; 0.10 in the paper.
        rule: Which rule.
        legacy: Mersenne Twister of the released code; it goes on to draw the halves.
    """
    rows = np.flatnonzero(category == CONSOLIDATION)
    if rule == "released":
        return np.asarray(legacy.choice(rows, size=int(len(rows) * rate), replace=False))
    parts = [rows[truth[rows] == label] for label in (0, 1)]
    return np.concatenate([legacy.choice(part, size=round(len(part) * rate), replace=False) for part in parts])


def released_halves(num_images: int, legacy: np.random.RandomState) -> tuple[IntArray, IntArray]:
    """Rows of the training and the validation half: a permutation, cut at ``floor(num_images / 2)``."""
    order = legacy.permutation(num_images)
    return order[: num_images // 2], order[num_images // 2 :]


def is_ambiguous(truth: IntArray, lowest: IntArray, highest: IntArray) -> BoolArray:
    """Whether readers were in doubt, (N,): Opacity with boxes of low probability only, or Normal with any box.

    Args:
        truth: (N,) adjudicated labels.
        lowest: (N,) lowest probability of a reader's box, 1 to 3, or -1 where none drew any.
        highest: (N,) the highest.
    """
    return np.where(truth == 1, (lowest == 1) & (highest == 1), lowest > 0)


def answer_distribution(truth: IntArray, ambiguous: BoolArray, weights: Ambiguous) -> FloatArray:
    """What simulated annotators answer from, (N, 2): the adjudicated label, less surely on ambiguous images.

    ``released`` weighs it 3 to 1 (the released code adds 1 to twice the one-hot label; its comment says 2 to 1),
    ``paper`` has Opacity with probability 0.66 where that is the adjudicated label and 0.33 where it is not, ``none``
    knows no doubt.

    >>> answer_distribution(np.array([0, 1]), np.array([True, True]), "paper").tolist()
    [[0.67, 0.33], [0.34, 0.66]]
    """
    sure = np.ones(len(truth))
    if weights != "none":
        sure[ambiguous] = np.asarray(WEIGHTS[weights])[truth[ambiguous]]
    opacity = np.where(truth == 1, sure, 1 - sure)
    return np.stack([np.round(1 - opacity, 12), np.round(opacity, 12)], axis=1)

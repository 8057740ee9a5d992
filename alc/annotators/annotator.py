"""The kinds of simulated annotators the simulator understands."""

from typing import Protocol, runtime_checkable

import numpy as np

from alc.arrays import BoolArray, IntArray

__all__ = ["NO_ANSWER", "Annotator", "NamedAnnotators", "OrderedAnnotator", "can_answer"]

NO_ANSWER = -1
"""In the place of a class: nobody is left to ask about the sample.  It costs nothing; later draws are the same."""


@runtime_checkable
class Annotator(Protocol):
    """Answers that are a function of (sample, draw), whatever the order of the questions: comparisons are paired."""

    num_classes: int

    def ask(self, row: IntArray, first_draw: int, num_draws: int) -> IntArray:
        """Answers (K, num_draws) to draws ``first_draw ...`` of the samples in the given rows of the data set.

        :data:`NO_ANSWER` where nobody is left, from some draw on.
        """
        ...

    def reseeded(self, seed: int) -> "Annotator":
        """Another panel for the same samples."""
        ...


@runtime_checkable
class NamedAnnotators(Annotator, Protocol):
    """People who can be told apart, each of whom answers a sample once at most, so that answers run out."""

    def who(self, row: IntArray, draw: IntArray) -> IntArray:
        """Annotator id, 1 or more, of each draw (K,) about each row (K,); :data:`NO_ANSWER` where nobody is left."""
        ...

    def num_available(self, row: IntArray) -> IntArray:
        """How many answers there are about each row (K,)."""
        ...


@runtime_checkable
class OrderedAnnotator(Protocol):
    """Answers that come from one stream in the order of the questions; two selectors get different answers."""

    num_classes: int

    def ask_next(self, row: int) -> int:
        """The answer to the next question, asked about one row."""
        ...

    def reseeded(self, seed: int) -> "OrderedAnnotator":
        """The stream of another seed, from its start."""
        ...


def can_answer(annotator: Annotator | OrderedAnnotator, row: IntArray) -> BoolArray:
    """Whether anybody has anything to say about each row (K,)."""
    if isinstance(annotator, NamedAnnotators):
        return np.asarray(annotator.num_available(row) > 0)
    return np.ones(len(row), dtype=np.bool_)

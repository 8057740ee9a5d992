"""The two kinds of simulated annotators the simulator understands."""

from typing import Protocol, runtime_checkable

from alc.arrays import IntArray

__all__ = ["Annotator", "OrderedAnnotator"]


@runtime_checkable
class Annotator(Protocol):
    """Answers that are a function of (sample, draw), whatever the order of the questions: comparisons are paired."""

    num_classes: int

    def ask(self, row: IntArray, first_draw: int, num_draws: int) -> IntArray:
        """Answers (K, num_draws) to draws ``first_draw ...`` of the samples in the given rows of the data set."""
        ...

    def reseeded(self, seed: int) -> "Annotator":
        """Another panel for the same samples."""
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

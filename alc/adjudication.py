"""Adjudication: when a sample's question is settled, and whether its first label keeps its vote."""

from dataclasses import dataclass
from typing import Protocol

from alc.arrays import BoolArray, FloatArray, IntArray
from alc.errors import InputError

__all__ = ["Adaptive", "Adjudication", "FixedAnswers", "SingleAnswer", "UntilMajority"]


class Adjudication(Protocol):
    """A rule over the votes of one sample.

    The label changes only when a question is closed: to the majority then, and a tie keeps the label there was before
    the question.
    """

    @property
    def keeps_initial_votes(self) -> bool:
        """Whether the votes a sample starts with count; otherwise its first new answer replaces them."""
        ...

    def is_closed(self, num_answers: int, is_strict: BoolArray) -> BoolArray:
        """Whether samples with that many new answers and such a majority (K,) need no further answer."""
        ...


@dataclass(frozen=True, slots=True)
class UntilMajority:
    """Ask until one class holds strictly more votes than every other (the paper's rule; a plurality, not 50 %).

    The initial label keeps its vote, so an agreeing answer settles a sample at a cost of 1 and a wrong label costs at
    least 2.  From one initial vote it ends within C answers.
    """

    keeps_initial_votes: bool = True

    def __post_init__(self) -> None:
        if not self.keeps_initial_votes:
            raise InputError(
                "adjudication until_majority with keeps_initial_votes=false would close on any one answer",
                allowed="keeps_initial_votes=true",
                fix="For one answer that replaces the label use adjudication=single",
            )

    def is_closed(self, num_answers: int, is_strict: BoolArray) -> BoolArray:
        """Closed by a strict majority."""
        return is_strict


@dataclass(frozen=True, slots=True)
class SingleAnswer:
    """One answer, which replaces the label: the common setting of relabelling by one expert."""

    keeps_initial_votes: bool = False

    def __post_init__(self) -> None:
        if self.keeps_initial_votes:
            raise InputError(
                "adjudication single with keeps_initial_votes=true could never change a label: one vote against one",
                allowed="keeps_initial_votes=false",
                fix="For answers beside the initial vote use adjudication=until_majority or adjudication=fixed",
            )

    def is_closed(self, num_answers: int, is_strict: BoolArray) -> BoolArray:
        """Closed by the first answer."""
        return is_strict | True


@dataclass(frozen=True, slots=True)
class FixedAnswers:
    """The same number of answers for every sample asked, then the majority; a tie keeps the current label.

    Attributes:
        answers: New answers per sample.
        keeps_initial_votes: Whether the first label counts as a vote.  With it, one answer can never change a label.
    """

    answers: int = 3
    keeps_initial_votes: bool = True

    def __post_init__(self) -> None:
        least = 2 if self.keeps_initial_votes else 1
        if isinstance(self.answers, bool) or not isinstance(self.answers, int) or self.answers < least:
            raise InputError(
                f"adjudication.answers={self.answers!r} with keeps_initial_votes={self.keeps_initial_votes}",
                allowed=f"a whole number of {least} or more (one answer against one initial vote changes no label)",
            )

    def is_closed(self, num_answers: int, is_strict: BoolArray) -> BoolArray:
        """Closed by the number of answers."""
        return (is_strict | True) & (num_answers >= self.answers)


@dataclass(frozen=True, slots=True)
class Adaptive:
    """Ask until the fused posterior promises that the label is wrong at most so often; needs a fused consensus.

    Nothing is closed for good: when later votes change what is known about annotators, a sample whose confidence has
    fallen below the promise is asked about again.

    Attributes:
        promised_error: Highest believed chance that a settled label is wrong.
        most_answers: New answers after which a sample is left alone, settled or not.
    """

    promised_error: float = 0.01
    most_answers: int = 10
    keeps_initial_votes: bool = True

    def __post_init__(self) -> None:
        error: object = self.promised_error
        if isinstance(error, bool) or not isinstance(error, int | float) or not 0 < error < 1:
            raise InputError(
                f"adjudication.promised_error={error!r}",
                allowed="a number above 0 and below 1",
                fix="Type e.g. adjudication.promised_error=0.01",
            )
        most: object = self.most_answers
        if isinstance(most, bool) or not isinstance(most, int) or most < 1:
            raise InputError(f"adjudication.most_answers={most!r}", allowed="a whole number of 1 or more")
        if not self.keeps_initial_votes:
            raise InputError(
                "adjudication adaptive with keeps_initial_votes=false would throw away a vote of known reliability",
                allowed="keeps_initial_votes=true",
            )

    def is_closed(self, num_answers: int, is_strict: BoolArray) -> BoolArray:
        """Votes alone do not tell.

        Raises:
            InputError: Always.
        """
        raise InputError(
            "adjudication=adaptive stops by the fused posterior, and here only votes are counted",
            allowed="until_majority, fixed, single",
            fix="Use it with consensus=posterior_fusion in alc-leaderboard",
        )

    def is_settled(self, confidence: FloatArray, num_answers: IntArray) -> BoolArray:
        """Whether samples with such confidence (K,) after so many new answers (K,) need no further one."""
        return (1 - confidence <= self.promised_error) | (num_answers >= self.most_answers)

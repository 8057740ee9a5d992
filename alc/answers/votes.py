"""From a log of answers to votes: one per annotator and sample."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from alc.answers.answer import Answer

__all__ = ["Votes", "count_votes"]

SHOWN = ("none", "given", "suggested")


@dataclass(frozen=True, slots=True)
class Votes:
    """Who says what, as it stands.

    Attributes:
        current: The answer that counts of each annotator about each sample, in the order they came.
        corrected: Earlier answers of an annotator who has since said something else about the sample.
    """

    current: tuple[Answer, ...]
    corrected: tuple[Answer, ...]

    def by_sample(self) -> Mapping[int, list[Answer]]:
        """The answers that count about each sample."""
        grouped: dict[int, list[Answer]] = {}
        for answer in self.current:
            grouped.setdefault(answer.sample_id, []).append(answer)
        return grouped


def count_votes(answers: Sequence[Answer]) -> Votes:
    """One annotator has one vote about a sample, the latest answer; whatever several annotators say are several votes.

    A person who answers again corrects the answer before, whether in the review page, in another tool, or in a longer
    file that repeats an earlier one.  What was seen of labels before an earlier answer is not unseen later, so the vote
    keeps the most that was ever shown.

    Args:
        answers: In the order of the log; of equal times the later one counts.

    >>> first = Answer("a:1", 7, "anna", "cat", "2026-01-01")
    >>> second, other = Answer("a:2", 7, "anna", "dog", "2026-01-02"), Answer("a:3", 7, "ben", "cat", "2026-01-01")
    >>> [answer.label for answer in count_votes([first, second, other]).current]
    ['dog', 'cat']
    """
    latest: dict[tuple[int, str], Answer] = {}
    seen: dict[tuple[int, str], Answer] = {}
    for answer in answers:
        who = answer.sample_id, answer.annotator
        if who not in latest or answer.time >= latest[who].time:
            latest[who] = answer
        if who not in seen or SHOWN.index(answer.shown) > SHOWN.index(seen[who].shown):
            seen[who] = answer
    corrected = [
        answer
        for answer in answers
        if answer.label != latest[answer.sample_id, answer.annotator].label
        and answer.key != latest[answer.sample_id, answer.annotator].key
    ]
    current = [_as_shown(answer, seen[who]) for who, answer in latest.items()]
    return Votes(tuple(current), tuple(corrected))


def _as_shown(answer: Answer, other: Answer) -> Answer:
    if answer.shown == other.shown:
        return answer
    return Answer(answer.key, answer.sample_id, answer.annotator, answer.label, answer.time, other.shown)

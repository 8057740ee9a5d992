"""How many labels the campaign leaves wrong, judged by the random samples that were asked about besides the ranking."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alc.answers.outcome import Outcome
from alc.answers.rounds import audit_order
from alc.answers.votes import Votes
from alc.metrics.audit import AuditEstimate, audit_estimate, stop_bound

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["AuditCount", "count_audit"]


@dataclass(frozen=True, slots=True)
class AuditCount:
    """What the audit has found.

    Attributes:
        wrong: Samples whose label is not what people say without having seen a label.
        audited: Samples people agree about; ``wrong`` is among them.
        undecided: Samples people can not tell, or are tied about.
        pending: Ids drawn for the audit that do not count yet: the first of them has no blind answer.
        population: N.
    """

    wrong: int
    audited: int
    undecided: int
    pending: tuple[int, ...]
    population: int

    def estimate(self, confidence: float) -> AuditEstimate:
        """Share of wrong labels among those that one can decide about, with its interval."""
        return audit_estimate(self.wrong, self.audited, self.population, confidence)

    def bound(self, look: int, confidence: float) -> float:
        """Upper bound for stopping; undecided samples count as wrong, since abstaining must not make labels better."""
        asked = self.audited + self.undecided
        return stop_bound(self.wrong + self.undecided, asked, self.population, look, confidence)


def count_audit(
    queue: "pd.DataFrame", votes: Votes, result: Outcome, class_names: Sequence[str], seed: int
) -> AuditCount:
    """Hold the labels against the answers about the audit's samples.

    What is measured is the labels as the ranking leaves them: the new label where the ranking came to the sample, the
    given one where it did not, even though the audit's answer corrects that one too.  Otherwise audited samples would
    be right because they were audited, and speak for no other.  (So ``labels.csv`` is better than the estimate by the
    few labels that the audit itself corrects.)  The judge is what people say, who had seen no label.

    Only the first samples of :func:`~alc.answers.rounds.audit_order` count, up to the first without a blind answer:
    among later ones those that the ranking put first have been answered sooner, so they would not be a random sample.

    Args:
        queue: Of the project.
        votes: As they stand.
        result: What they make of the labels.
        class_names: C names.
        seed: Of the audit.
    """
    ids = result.sample_id
    drawn = audit_order(ids, seed)[: int(queue["audit"].sum())].tolist()
    row = {each: position for position, each in enumerate(ids.tolist())}
    reached = set(queue.loc[queue["reached"] > 0, "sample_id"].tolist())
    blind = _verdicts(votes)
    complete = next((position for position, each in enumerate(drawn) if each not in blind), len(drawn))
    wrong = decided = 0
    for each in drawn[:complete]:
        if (verdict := blind[each]) is not None:
            label = (result.label if each in reached else result.given)[row[each]]
            wrong += class_names[label] != verdict
            decided += 1
    return AuditCount(wrong, decided, complete - decided, tuple(drawn[complete:]), len(ids))


def _verdicts(votes: Votes) -> dict[int, str | None]:
    """What most of those say who had seen no label, of the samples they answered about; None: nothing clear."""
    named: dict[int, Counter[str]] = {}
    for answer in votes.current:
        if answer.shown == "none":
            count = named.setdefault(answer.sample_id, Counter())
            if answer.label is not None:
                count[answer.label] += 1
    return {each: _most_common(count) for each, count in named.items()}


def _most_common(count: "Counter[str]") -> str | None:
    first = count.most_common(2)
    if not first or (len(first) == 2 and first[0][1] == first[1][1]):
        return None
    return first[0][0]

"""How far a campaign has come, a row per round, in numbers that can be known without a truth."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alc.answers.audit import AuditCount
from alc.answers.outcome import Outcome
from alc.answers.votes import Votes
from alc.atomic import atomic_path
from alc.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Standing", "add_round", "read_rounds"]


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """Where a campaign stands.

    Attributes:
        votes: As they are.
        result: What they make of the labels.
        audit: What the audit has found; None where there is none.
        answers: In the log, corrections included.
        is_open: Samples given out that are not settled.
    """

    votes: Votes
    result: Outcome
    audit: AuditCount | None
    answers: int
    is_open: int

    def row(self, look: int, target: float, confidence: float) -> dict[str, Any]:
        """The numbers of a round.

        Args:
            look: Number of the round, from 1.
            target: Share of wrong labels that is good enough.
            confidence: Of the interval, and of the decision to stop.
        """
        result, votes = self.result, self.votes.current
        settled, changed = int(result.settled.sum()), int(result.changed.sum())
        numbers: dict[str, Any] = {
            "round": look,
            "time": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "answers": self.answers,
            "votes": len(votes),
            "annotators": len({each.annotator for each in votes}),
            "samples": len(result.sample_id),
            "answered": int(result.answered.sum()),
            "settled": settled,
            "open": self.is_open,
            "changed": changed,
            "disagreed": int(result.disagreed.sum()),
            "abstained": sum(each.label is None for each in votes),
            "corrected": len(self.votes.corrected),
            "after_suggestion": sum(each.shown == "suggested" for each in votes),
            "share_settled": settled / len(result.sample_id),
            "share_changed": changed / settled if settled else float("nan"),
        }
        if self.audit is None:
            return numbers
        estimate, bound = self.audit.estimate(confidence), self.audit.bound(look, confidence)
        return numbers | {
            "audited": self.audit.audited,
            "audit_wrong": self.audit.wrong,
            "audit_undecided": self.audit.undecided,
            "audit_pending": len(self.audit.pending),
            "error": estimate.rate,
            "error_lower": estimate.lower,
            "error_upper": estimate.upper,
            "stop_bound": bound,
            "target": target,
            "confidence": confidence,
            "may_stop": bound < target,
        }


def read_rounds(file: Path) -> "pd.DataFrame | None":
    """The rounds so far; None before the first.

    Raises:
        InputError: The file is something else.
    """
    import pandas as pd

    if not file.exists():
        return None
    try:
        frame = pd.read_csv(file)
    except (OSError, ValueError) as error:
        raise InputError(f"{file} is no table of rounds ({error})", fix="Restore it from a copy") from error
    if not {"round", "answers", "share_settled"} <= set(frame):
        raise InputError(f"{file} has the columns {', '.join(map(str, frame))}", fix="Restore it from a copy")
    return frame


def add_round(file: Path, standing: Standing, *, target: float, confidence: float) -> "pd.DataFrame":
    """The table of rounds with this one, written; a round without a further answer is none.

    Args:
        file: ``rounds.csv``.
        standing: Where the campaign stands.
        target: Share of wrong labels that is good enough.
        confidence: Of the interval, and of the decision to stop.
    """
    import pandas as pd

    before = read_rounds(file)
    if before is not None and len(before) and int(before["answers"].iloc[-1]) >= standing.answers:
        return before
    look = 1 if before is None else int(before["round"].max()) + 1
    row = pd.DataFrame([standing.row(look, target, confidence)])
    table = row if before is None else pd.concat([before, row], ignore_index=True)
    with atomic_path(file) as temporary:
        table.to_csv(temporary, index=False, float_format="%.6g")
    return table

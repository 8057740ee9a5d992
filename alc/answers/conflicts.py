"""What somebody should look at: samples on which people disagree, and answers that may not be their own."""

from typing import TYPE_CHECKING

from alc.answers.outcome import Outcome
from alc.answers.votes import Votes

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["conflicts"]

COLUMNS = ["sample_id", "kind", "annotator", "label", "shown", "time", "label_now", "settled"]


def conflicts(votes: Votes, result: Outcome, class_names: tuple[str, ...]) -> "pd.DataFrame":
    """One row per answer in question, those about one sample together.

    The kinds: ``disagreement``, all answers about a sample for which people name different classes;
    ``after_suggestion``, an answer given after the model's suggestion was seen, which is no independent vote;
    ``corrected``, an answer that its author has replaced by another label since.

    Args:
        votes: As they stand.
        result: What they make of the labels.
        class_names: C names.
    """
    import pandas as pd

    disagreed = set(result.sample_id[result.disagreed].tolist())
    row = {each: position for position, each in enumerate(result.sample_id.tolist())}
    found = [("disagreement", each) for each in votes.current if each.sample_id in disagreed]
    found += [("after_suggestion", each) for each in votes.current if each.shown == "suggested"]
    found += [("corrected", each) for each in votes.corrected]
    rows = []
    for kind, answer in found:
        position = row[answer.sample_id]
        now, settled = class_names[result.label[position]], bool(result.settled[position])
        rows.append((answer.sample_id, kind, answer.annotator, answer.label, answer.shown, answer.time, now, settled))
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.sort_values(["sample_id", "kind", "time"], kind="stable").reset_index(drop=True)

"""The columns of cleanlab, for its tools and notebooks."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["cleanlab_frame"]


def cleanlab_frame(rows: "pd.DataFrame", project: str) -> "pd.DataFrame":
    """One line per row, in that order, in the columns of cleanlab's issue tables, and the empty columns of a form.

    ``label_quality`` is the probability of the given label, 0 to 1, lower = more suspicious; ``is_label_issue`` whether
    the model prefers another class.  These columns show both labels, so answers given beside them say ``suggested``.
    Samples of the audit are among them like all others, and count for the estimate only with blind answers.

    Args:
        rows: Of the queue, in the order to ask; with suggestions and the probabilities of the given labels.
        project: Its id.
    """
    import pandas as pd

    given, predicted = rows["given"].astype(str).to_numpy(), rows["suggested"].astype(str).to_numpy()
    columns: dict[str, object] = {"sample_id": rows["sample_id"].to_numpy()}
    if "path" in rows:
        columns["path"] = rows["path"].to_numpy()
    columns |= {
        "is_label_issue": given != predicted,
        "label_quality": rows["p_given"].to_numpy(),
        "given_label": given,
        "predicted_label": predicted,
    }
    columns |= dict.fromkeys(("annotator_id", "label", "time"), "")
    columns |= {"shown": "suggested", "project": project}
    return pd.DataFrame(columns)

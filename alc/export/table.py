"""A form to fill in with a spreadsheet or a program of one's own."""

from typing import TYPE_CHECKING

import numpy as np

from alc.answers.answer import Shown

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["form"]


def form(rows: "pd.DataFrame", project: str, shown: Shown) -> "pd.DataFrame":
    """One line per row, in that order, with empty columns for annotator_id, label and time.

    A line whose label stays empty has not been answered.

    Args:
        rows: Of the queue, in the order to ask.
        project: Its id.
        shown: ``given`` adds a column of given labels, ``suggested`` one of suggestions as well; both are empty for
            samples of the audit.
    """
    import pandas as pd

    is_blind = rows["audit"].to_numpy()
    columns: dict[str, object] = {"sample_id": rows["sample_id"].to_numpy()}
    if "path" in rows:
        columns["path"] = rows["path"].to_numpy()
    for name in {"none": [], "given": ["given"], "suggested": ["given", "suggested"]}[shown]:
        columns[name] = np.where(is_blind, "", rows[name].astype(str))
    columns |= dict.fromkeys(("annotator_id", "label", "time"), "")
    columns |= {"shown": np.where(is_blind, "none", shown), "project": project}
    return pd.DataFrame(columns)

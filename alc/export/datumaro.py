"""Datumaro's JSON, which CVAT reads and writes."""

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from alc.answers.formats.campaign import ABSTAIN

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["datumaro_content"]


def datumaro_content(rows: "pd.DataFrame", class_names: Sequence[str], project: str) -> dict[str, Any]:
    """One item per row, in that order, none of them with a tag.

    A label could be shown as a tag only, and nobody could tell later a tag that was left as it was from an answer.

    Args:
        rows: Of the queue, in the order to ask.
        class_names: C names; their order is that of the label ids, and one for who can not tell follows.
        project: Its id.
    """
    items = []
    for frame, row in enumerate(rows.to_dict("records")):
        path = str(row.get("path", "")) or str(row["sample_id"])
        item: dict[str, Any] = {
            "id": str(PurePosixPath(path).with_suffix("")),
            "annotations": [],
            "attr": {"frame": frame, "sample_id": int(row["sample_id"]), "shown": "none"},
            "image": {"path": path},
        }
        items.append(item)
    labels = [{"name": name, "parent": "", "attributes": []} for name in (*class_names, ABSTAIN)]
    return {
        "info": {"project": project},
        "categories": {"label": {"labels": labels, "attributes": []}},
        "items": items,
    }

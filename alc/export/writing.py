"""The files of a round."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from alc.answers.answer import Shown
from alc.atomic import atomic_path
from alc.errors import InputError
from alc.export.cleanlab import cleanlab_frame
from alc.export.datumaro import datumaro_content
from alc.export.label_studio import labelling_config, tasks
from alc.export.table import form
from alc.ranking import write_ranking

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FORMATS", "write_tasks"]

FORMATS = ("label_studio", "cvat", "csv", "cleanlab")


def write_tasks(
    rows: "pd.DataFrame",
    folder: Path,
    kind: str,
    *,
    project: str,
    class_names: Sequence[str],
    shown: Shown,
    prefix: str = "",
) -> list[Path]:
    """Write the questions of a round in one of :data:`FORMATS`.

    Args:
        rows: Of the queue, in the order to ask.
        folder: Where to; made if need be.
        kind: The format.
        project: Id of the project.
        class_names: C names.
        shown: What annotators are to see of labels.
        prefix: Of the images, for Label Studio.

    Returns:
        The files; the first is the one with the questions.

    Raises:
        InputError: The queue lacks what is to be shown, or the tool needs images and there are no paths.
    """
    if kind == "cvat" and shown != "none":
        raise InputError(
            f"format=cvat with show={shown}: CVAT would show the label as a tag, and a tag that nobody has touched "
            "could not be told from an answer",
            allowed="show=none, or another format",
        )
    needed = {"suggested": ["given", "suggested"], "given": ["given"], "none": []}[shown]
    needed += ["suggested", "p_given"] if kind == "cleanlab" else []
    needed += ["path"] if kind in {"label_studio", "cvat"} else []
    if missing := [name for name in needed if name not in rows]:
        fix = "Export as csv" if "path" in missing else "Rank by probabilities, or type show=none"
        raise InputError(
            f"format={kind} with show={shown} needs {', '.join(missing)}, which the ranking lacks", fix=fix
        )
    if kind == "label_studio":
        files = {
            "label_studio.json": json.dumps(tasks(rows, project, shown, prefix), indent=1, allow_nan=False),
            "label_studio.xml": labelling_config(class_names, shown),
        }
    elif kind == "cvat":
        content = datumaro_content(rows, class_names, project)
        files = {"datumaro.json": json.dumps(content, indent=1, allow_nan=False)}
    else:
        table = form(rows, project, shown) if kind == "csv" else cleanlab_frame(rows, project)
        write_ranking(table, folder / f"{kind}.csv")
        return [folder / f"{kind}.csv"]
    for name, text in files.items():
        with atomic_path(folder / name) as temporary:
            temporary.write_text(text, encoding="utf-8")
    return [folder / name for name in files]

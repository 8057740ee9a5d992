"""Tasks and labelling config of Label Studio."""

from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

from alc.answers.answer import Shown
from alc.answers.formats.campaign import ABSTAIN

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["labelling_config", "tasks"]


def tasks(rows: "pd.DataFrame", project: str, shown: Shown, prefix: str) -> list[dict[str, Any]]:
    """One task per row, in that order, which is the order of their ids in Label Studio.

    ``data`` holds the image, the sample id, the project, and what is shown, because Label Studio returns it with the
    answers as it was.  Unless something is to be shown, no label and no score is in the file at all.  Samples of the
    audit never show one, and nothing else tells them from the others.

    Args:
        rows: Of the queue, in the order to ask.
        project: Its id.
        shown: ``given`` adds the given label, ``suggested`` that and the suggestion; both are also predictions, which
            Label Studio shows filled in.
        prefix: Stands before each path, e.g. ``/data/local-files/?d=photos/`` for files that Label Studio serves.
    """
    made = []
    for row in rows.to_dict("records"):
        seen: Shown = "none" if row["audit"] else shown
        path = str(row.get("path", ""))
        data = {"image": prefix + quote(path), "sample_id": int(row["sample_id"]), "project": project, "shown": seen}
        task: dict[str, Any] = {"data": data}
        if seen != "none":
            data["given"] = str(row["given"])
            which = "given" if seen == "given" else "suggested"
            task["predictions"] = [_prediction(which, str(row[which]), row.get(f"p_{which}"))]
            if seen == "suggested":
                data["suggested"] = str(row["suggested"])
        made.append(task)
    return made


def labelling_config(class_names: Sequence[str], shown: Shown) -> str:
    """The XML of the labelling interface: the image, one choice per class with a key, and one for who can not tell."""
    choices = [
        f"    <Choice value={quoteattr(name)}{_hotkey(number)}/>" for number, name in enumerate(class_names, start=1)
    ]
    choices.append(f'    <Choice value={quoteattr(ABSTAIN)} hotkey="0"/>')
    told = {"none": [], "given": ["given"], "suggested": ["given", "suggested"]}[shown]
    texts = [f'  <Text name="{name}" value="{name}: ${name}"/>' for name in told]
    return "\n".join(
        [
            "<View>",
            '  <Image name="image" value="$image" zoom="true" zoomControl="true"/>',
            *texts,
            '  <Choices name="label" toName="image" choice="single-radio" required="true" showInLine="true">',
            *choices,
            "  </Choices>",
            "</View>",
            "",
        ]
    )


def _hotkey(number: int) -> str:
    return f' hotkey="{number}"' if number < 10 else ""


def _prediction(version: str, label: str, score: object) -> dict[str, Any]:
    result = {"from_name": "label", "to_name": "image", "type": "choices", "value": {"choices": [label]}}
    known = isinstance(score, float) and isfinite(score)
    return {"model_version": version, "result": [result], **({"score": score} if known else {})}

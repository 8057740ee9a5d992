"""Answers in Label Studio's JSON export: a list of tasks, each with the annotations of several people."""

from collections.abc import Mapping
from typing import Any

from alc.answers.answer import Answer
from alc.answers.formats.campaign import Campaign
from alc.errors import InputError

__all__ = ["label_studio_answers"]

EXPORT = "the export that Label Studio calls JSON, not JSON-MIN"


def label_studio_answers(tasks: object, campaign: Campaign, *, name: str, time: str) -> list[Answer]:
    """The answers of an export.

    A task without annotations has not been answered.  An annotation that was cancelled (skipped) or holds no choice is
    an abstention.  The key is the annotation's id with the time it was last changed: read again it is known, and one
    that its author has changed since is a further answer of the same person, which corrects the first.

    Args:
        tasks: The parsed file.
        campaign: What the answers may be about.
        name: Of the file, for messages.
        time: When an answer was given that does not say.

    Raises:
        InputError: It is no such export, or a task does not fit the project; the task is named.
    """
    if not isinstance(tasks, list):
        raise InputError(f"{name} is no list of tasks", allowed=EXPORT)
    answers = []
    for number, task in enumerate(tasks, start=1):
        where = f"{name}, task {number}"
        if not isinstance(task, Mapping) or not isinstance(task.get("data"), Mapping):
            raise InputError(f"{where} has no data", allowed=EXPORT)
        if "annotations" not in task and "id" in task:  # without both it is a task as it was given out
            raise InputError(f"{where} has no annotations", allowed=EXPORT)
        data: Mapping[str, Any] = task["data"]
        campaign.require_id(data.get("project"), where)
        sample = campaign.sample(data.get("sample_id"), where)
        for annotation in _list(task.get("annotations", []), where):
            if not isinstance(annotation, Mapping) or "id" not in annotation:
                raise InputError(f"{where}: an annotation without id", allowed=EXPORT)
            changed = annotation.get("updated_at") or annotation.get("created_at") or time
            answers.append(
                campaign.answer(
                    where,
                    key=f"label_studio:{annotation['id']}@{changed}",
                    sample=sample,
                    annotator=_annotator(annotation.get("completed_by")),
                    label=_label(annotation, campaign, where),
                    time=str(changed),
                    shown=data.get("shown"),
                )
            )
    return answers


def _list(value: object, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise InputError(f"{where}: its annotations are no list", allowed=EXPORT)
    return value


def _annotator(who: object) -> str:
    """An address where the export has one, so that a person is the same in every tool; else the number."""
    if isinstance(who, Mapping):
        who = who.get("email") or who.get("id")
    return str(who) if isinstance(who, str) and who else f"label_studio:{'unknown' if who is None else who}"


def _label(annotation: Mapping[str, Any], campaign: Campaign, where: str) -> str | None:
    if annotation.get("was_cancelled"):
        return None
    chosen = [
        choice
        for result in _list(annotation.get("result", []), where)
        if isinstance(result, Mapping) and isinstance(result.get("value"), Mapping)
        for choice in _list(result["value"].get("choices", []), where)
    ]
    if len(chosen) > 1:
        raise InputError(f"{where}: {len(chosen)} choices, {chosen[:5]}", allowed="one class per answer")
    return campaign.label(chosen[0], where) if chosen else None

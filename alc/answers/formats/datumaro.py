"""Answers in Datumaro's JSON, in which CVAT exports the tags of images."""

from collections.abc import Mapping
from typing import Any

from alc.answers.answer import Answer
from alc.answers.formats.campaign import Campaign
from alc.errors import InputError

__all__ = ["datumaro_answers"]

EXPORT = "the annotations/default.json of CVAT's export Datumaro 1.0"


def datumaro_answers(
    content: object, campaign: Campaign, *, name: str, digest: str, annotator: str, time: str
) -> list[Answer]:
    """The answers of an export; an image without a tag has not been answered.

    The format knows neither who annotated nor when, and its annotations have no ids of their own: the keys are the
    digest of the file and the number of the item.

    Args:
        content: The parsed file.
        campaign: What the answers may be about.
        name: Of the file, for messages.
        digest: SHA-256 of the file.
        annotator: Who made the annotations.
        time: When.

    Raises:
        InputError: It is no such export, or an item does not fit the project; the item is named.
    """
    parsed: Any = content  # whatever is no such thing raises below
    try:
        labels = [label["name"] for label in parsed["categories"]["label"]["labels"]]
        items = list(parsed["items"])
    except (KeyError, TypeError) as error:
        raise InputError(f"{name} is no Datumaro file, it lacks {error}", allowed=EXPORT) from error
    if isinstance(content, Mapping) and isinstance(content.get("info"), Mapping):
        campaign.require_id(content["info"].get("project"), name)
    answers = []
    for number, item in enumerate(items, start=1):
        where = f"{name}, item {number}"
        if not isinstance(item, Mapping) or not isinstance(item.get("annotations", []), list):
            raise InputError(f"{where} has no list of annotations", allowed=EXPORT)
        tags = [
            each for each in item.get("annotations", []) if isinstance(each, Mapping) and each.get("type") == "label"
        ]
        if not tags:
            continue
        if len(tags) > 1:
            raise InputError(f"{where}: {len(tags)} tags", allowed="one tag per image")
        attributes = item.get("attr") if isinstance(item.get("attr"), Mapping) else {}
        answers.append(
            campaign.answer(
                where,
                key=f"{digest}:{number - 1}",
                sample=_sample(item, attributes or {}, campaign, where),
                annotator=annotator,
                label=campaign.label(_class(tags[0], labels, where), where),
                time=time,
                shown=(attributes or {}).get("shown"),
            )
        )
    return answers


def _sample(item: Mapping[str, Any], attributes: Mapping[str, Any], campaign: Campaign, where: str) -> int:
    """By its id where the tool has kept that, else by the path of its image."""
    if "sample_id" in attributes:
        return campaign.sample(attributes["sample_id"], where)
    image = item.get("image")
    path = image.get("path") if isinstance(image, Mapping) else None
    return campaign.sample_of_path(path or item.get("id", ""), where)


def _class(tag: Mapping[str, Any], labels: list[Any], where: str) -> object:
    number = tag.get("label_id")
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < len(labels):
        raise InputError(f"{where}: label_id {number!r}", allowed=f"0 to {len(labels) - 1}")
    return labels[number]

"""Writing the page: a template, what is known, the rows and the pictures, as one file that asks for nothing else."""

import base64
import hashlib
import html
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from string import Template
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from alc.atomic import atomic_path
from alc.posteriors import Posteriors
from alc.report.protocol import protocol_text
from alc.report.summary import Pair, Summary, reach, summarise
from alc.report.thumbnails import Thumbnail, mime_type, thumbnails
from alc.samples import SampleTable

if TYPE_CHECKING:
    import pandas as pd

    from alc.arrays import UInt8Array

__all__ = ["Written", "write_report"]

TEMPLATE = Path(__file__).with_name("template")
BLOCK = 64
"""Pictures in one element of the page, which is parsed when the first of them comes into view."""

MANY = 12
"""Pairs of classes that are listed."""


@dataclass(frozen=True, slots=True)
class Written:
    """What is on a page.

    Attributes:
        rows: How many samples.
        images: How many of them with their picture.
        problems: Why others have none.
    """

    rows: int
    images: int
    problems: Sequence[str]


def write_report(
    path: Path,
    ranking: "pd.DataFrame",
    samples: SampleTable,
    posteriors: Posteriors,
    *,
    title: str,
    selector: str,
    rows: int,
    budget: int | None = None,
    images: "Iterable[UInt8Array | str] | None" = None,
) -> Written:
    """Write the page of a ranking, whole or not at all.

    Every text is escaped, and the page forbids itself the network and any script but its own.

    Args:
        path: The file.
        ranking: As :func:`~alc.ranking.rank_table` makes it; perhaps with a column ``id``, perhaps not of all samples.
        samples: All samples.
        posteriors: Of these samples, in their order.
        title: What the data are called.
        selector: What ranked them.
        rows: The most rows on the page; a longer ranking is cut.
        budget: Annotations that can be bought, to show how far they are expected to reach.
        images: Pixels (H, W, 3) of the ranked samples in their order, or text: why there are none; None for no images.
    """
    shown = ranking.head(rows)
    summary = summarise(posteriors.mean, samples.given)
    parts = {name: (TEMPLATE / f"page.{name}").read_text(encoding="utf-8") for name in ("html", "css", "js")}
    data = _data(shown, samples.class_names, with_images=images is not None)
    if budget is not None and "expected_cost" in ranking:
        data["budget"] = budget
        data["reach"] = reach(ranking["expected_cost"].to_numpy(), budget)
    before, _, after = parts["html"].partition("<!-- pictures -->")
    fields = {
        **_texts(summary, samples.class_names, posteriors, selector, data),
        "title": html.escape(title),
        "kept": _kept(len(ranking), len(samples), len(shown)),
        "css": parts["css"],
        "js": parts["js"],
        "css_hash": _hash(parts["css"]),
        "js_hash": _hash(parts["js"]),
        "data": _json(data),
    }
    with atomic_path(Path(path)) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        file.write(Template(before).substitute(fields))
        counted, problems = _write_pictures(file, images, len(shown))
        file.write(after)
    return Written(len(shown), counted, problems)


def _data(shown: "pd.DataFrame", class_names: Sequence[str], *, with_images: bool) -> dict[str, Any]:
    """The rows by column, as short as they can be."""
    data: dict[str, Any] = {
        "classes": list(class_names),
        "sample": shown["sample_id"].tolist(),
        "given": shown["given_class"].tolist(),
        "suggested": shown["suggested_class"].tolist(),
        "pGiven": _rounded(shown["p_given"].to_numpy(), 4),
        "pSuggested": _rounded(shown["p_suggested"].to_numpy(), 4),
    }
    for column, name in (("id", "id"), ("path", "path"), ("reference_class", "reference")):
        if column in shown:
            data[name] = shown[column].tolist()
    for column, digits in (("score", 4), ("expected_cost", 2)):
        if column in shown:
            data[column.removeprefix("expected_")] = _rounded(shown[column].to_numpy(), digits)
    if with_images:
        data["pictures"] = {"type": mime_type(), "block": BLOCK}
    return data


def _rounded(values: Any, digits: int) -> list[float]:
    return [round(value, digits) for value in values.astype(np.float64).tolist()]


def _texts(
    summary: Summary, class_names: Sequence[str], posteriors: Posteriors, selector: str, data: dict[str, Any]
) -> dict[str, str]:
    """The parts of the page that are text and tables, escaped."""

    def name(index: int | None) -> str:
        return "" if index is None else f"<bdi>{html.escape(class_names[index])}</bdi>"

    classes = "".join(
        f'<tr data-given="{row.index}" tabindex="0"><th scope="row">{name(row.index)}</th><td>{row.labels:,}</td>'
        f"<td>{_percent(row.disagrees / row.labels)}</td><td>{_percent(row.noise)}</td>"
        f"<td>{name(row.instead)}</td></tr>"
        for row in summary.classes
    )

    def button(pair: Pair) -> str:
        return (
            f'<li><button type="button" data-given="{pair.given}" data-suggested="{pair.suggested}">'
            f"<span>{name(pair.given)} → {name(pair.suggested)}</span><b>{pair.count:,}</b></button></li>"
        )

    budget = ""
    if "reach" in data:
        budget = (
            f"<div><dt>Budget of {data['budget']:,}</dt><dd>first {data['reach']:,}</dd>"
            "<p>labels that so many annotations are expected to settle</p></div>"
        )
    members = f", {posteriors.num_members} members" if posteriors.num_members > 1 else ""
    return {
        "num_samples": f"{summary.samples:,}",
        "num_classes": f"{len(class_names):,}",
        "disagrees": f"{summary.disagrees:,}",
        "disagrees_share": _percent(summary.disagrees / summary.samples),
        "noise": _percent(summary.noise),
        "noise_count": f"{round(summary.noise * summary.samples):,}",
        "expected_noise": _percent(summary.expected_noise),
        "budget": budget,
        "classes": classes,
        "pairs": "".join(map(button, summary.pairs[:MANY])),
        "selector": html.escape(selector),
        "protocol": html.escape(posteriors.protocol + members),
        "protocol_text": html.escape(protocol_text(posteriors)),
        "source": f"<bdi>{html.escape(posteriors.source)}</bdi>" if posteriors.source else "not said",
    }


def _kept(ranked: int, samples: int, shown: int) -> str:
    told = [f"{samples - ranked:,} that were looked at before are left out."] if ranked < samples else []
    if shown < ranked:
        told.append(f"This page holds the first {shown:,} of {ranked:,}; ranking.csv holds all.")
    return html.escape(" ".join(told))


def _write_pictures(
    file: IO[str], images: "Iterable[UInt8Array | str] | None", count: int
) -> tuple[int, Sequence[str]]:
    """The pictures in blocks; returns how many there are and why others are not."""
    if images is None:
        return 0, []
    made = thumbnails(islice(images, count), count)
    counted, number = 0, 0
    problems: list[str] = []
    while block := list(islice(made, BLOCK)):
        file.write(
            f'<script type="application/json" id="p{number}">{_json([_text(each) for each in block])}</script>\n'
        )
        counted += sum(each.content is not None for each in block)
        problems += [each.problem for each in block if each.content is None]
        number += 1
    return counted, problems


def _text(picture: Thumbnail) -> str | None:
    return None if picture.content is None else base64.b64encode(picture.content).decode("ascii")


def _json(value: object) -> str:
    """JSON that can stand inside a script element: nothing in it ends the element or begins a comment."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for mark in "<>&\u2028\u2029":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return text


def _hash(text: str) -> str:
    """What the page's policy knows its own style and script by."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


def _percent(share: float) -> str:
    return f"{100 * share:.1f}\u2009%"

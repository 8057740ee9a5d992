"""The page of a ranking, with the images of the data set or of a folder."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from omegaconf import DictConfig

from alc.errors import InputError
from alc.posteriors import Posteriors, rows_by_id
from alc.report.page import write_report
from alc.sources.picture import picture_or_reason
from alc.tasks.console import progress
from alc.tasks.problem import Problem
from alc.tasks.values import whole_number

if TYPE_CHECKING:
    import pandas as pd

    from alc.arrays import IntArray, UInt8Array

__all__ = ["check_report", "draw_report"]

BATCH = 64


def check_report(config: DictConfig) -> None:
    """Refuse settings of the page that can not be meant, before anything is trained."""
    whole_number(config, "report.rows", least=0)
    if config.report.budget is not None:
        whole_number(config, "report.budget", least=1)


def draw_report(
    config: DictConfig, problem: Problem, ranking: "pd.DataFrame", posteriors: Posteriors, path: Path, *, selector: str
) -> Sequence[Path]:
    """Write the page of the first ``report.rows`` samples of a ranking; returns the files written.

    Images that are files are shown as they are, not as the network saw them.
    """
    limit = whole_number(config, "report.rows", least=0)
    if limit == 0:
        return []
    shown = ranking["sample_id"].to_numpy()[:limit]
    rows = rows_by_id(problem.samples.sample_id, shown, "samples")
    write_report(
        path,
        ranking,
        problem.samples,
        posteriors,
        title=problem.dataset.name,
        selector=selector,
        rows=limit,
        budget=config.report.budget,
        images=progress(_images(config, problem, rows), "report", len(rows)),
    )
    return [path]


def _images(config: DictConfig, problem: Problem, rows: "IntArray") -> "Iterator[UInt8Array | str]":
    root = _root(config)
    paths = problem.samples.path
    if root is not None and len(paths):
        for row in rows.tolist():
            yield picture_or_reason(root / str(paths[row]), window=config.data.get("window", "dicom"))
        return
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        try:
            yield from problem.dataset.images.read(batch)
        except InputError as error:
            yield from [error.problem] * len(batch)


def _root(config: DictConfig) -> Path | None:
    """The folder that paths of the data are relative to; None where the images are no files."""
    root, file = config.data.get("root"), config.data.get("file")
    if root is None and file is None:
        return None
    return Path(str(root)).expanduser() if root is not None else Path(str(file)).expanduser().parent

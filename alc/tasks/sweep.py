"""What a sweep adds up to, told once at its end: a line per point, a line per point and selector, one figure."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from omegaconf import DictConfig, OmegaConf

from alc.atomic import atomic_path
from alc.runs.manifest import Manifest
from alc.runs.table import RunRow, run_rows, runs_table
from alc.tasks.console import say
from alc.tasks.panels import panels_of
from alc.tasks.simulations import simulations_table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Points", "sum_up"]

TRAINED = ("train", "clean", "reference", "refresh", "pretrain")
"""Tasks whose runs are trainings."""
BANDS = "bands are intervals over annotator panels"


@dataclass(frozen=True)
class Points:
    """The points of a sweep, each with its record and, where it is finished, its run."""

    rows: tuple[RunRow, ...]

    @cached_property
    def done(self) -> list[tuple[RunRow, Path, Manifest]]:
        """The points that ended well."""
        return [(row, row.path, row.manifest) for row in self.rows if row.path is not None and row.manifest is not None]

    @property
    def trainings(self) -> set[Path]:
        """Directories of the trainings behind the runs, those that the points shared counted once."""
        found = set()
        for _, run, manifest in self.done:
            found |= {run} if run.parent.name in TRAINED else set()
            runs = run.parent.parent
            found |= {runs / "train" / parent for parent in manifest.parents if (runs / "train" / parent).is_dir()}
        return found

    @property
    def trained_now(self) -> set[Path]:
        """Those that ran in this sweep."""
        return {run for row in self.rows if row.job for run in row.job.computed if run.parent.name in TRAINED}

    @property
    def versions(self) -> set[str]:
        """Digests of the sources that made the runs and their trainings."""
        manifests = [manifest for _, _, manifest in self.done]
        manifests += [found for run in self.trainings if (found := Manifest.read(run)) is not None]
        return {str(manifest.environment.get("sources")) for manifest in manifests}

    def counted(self) -> str:
        """How many points and trainings there were, and how many of them were computed now."""
        failed = sum(row.status == "failed" for row in self.rows)
        now = sum(row.job is not None and run in row.job.computed for row, run, _ in self.done)
        told = f"{len(self.rows)} points, {now} computed now" + (f", {failed} failed" if failed else "")
        trainings = len(self.trainings | self.trained_now)
        return f"{told}; {trainings} training{'s' * (trainings != 1)}, {len(self.trained_now)} of them ran now"


def sum_up(folder: Path, config: DictConfig) -> None:
    """Write ``points.csv`` and, of simulations, ``summary.csv`` and a figure into the folder of a sweep.

    Args:
        folder: Of the sweep, with the records of its jobs.
        config: Of the sweep, without what it varies.
    """
    points = Points(tuple(run_rows(folder)))
    if not points.rows:
        return
    say("", f"sweep    {points.counted()}")
    _write(runs_table(points.rows), folder / "points.csv")
    say(f"points   {folder / 'points.csv'}")
    if not (points.done and all(run.parent.name == "simulate" for _, run, _ in points.done)):
        return
    _write(simulations_table(points.rows), folder / "summary.csv")
    say(f"numbers  {folder / 'summary.csv'}")
    if OmegaConf.select(config, "simulation.figures", default="none") == "none":
        return
    if len(points.versions) > 1 and not config.simulation.mixed_code:
        say(
            f"figure   none: {len(points.versions)} versions of the code made these points; force=true computes them"
            " again, simulation.mixed_code=true draws them together"
        )
        return
    say(f"figure   {_draw(points, folder / 'label_accuracy')}")


def _write(table: "pd.DataFrame", file: Path) -> None:
    with atomic_path(file) as temporary:
        table.to_csv(temporary, index=False, float_format="%.8g")


def _draw(points: Points, stem: Path) -> Path:
    from alc.figures import save_figure, sweep_accuracy
    from alc.figures.sweep import MOST_PANELS

    panels, most = panels_of([row for row, _, _ in points.done])
    shown = dict(list(panels.items())[:MOST_PANELS])
    lines = f"lines are means of up to {most} points, bands reach from the lowest to the highest" if most > 1 else BANDS
    left_out = f"{len(shown)} of {len(panels)} settings are shown" if len(shown) < len(panels) else ""
    facts = "; ".join(part for part in (points.counted(), lines, left_out) if part)
    return save_figure(sweep_accuracy(shown, facts), stem)[0]

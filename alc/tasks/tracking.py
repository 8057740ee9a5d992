"""A task's run as W&B shows it: one W&B run per run of ours, always finished, never in the way."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig

from alc.runs.lock import is_follower
from alc.tasks.console import say
from alc.tasks.headline import choices, group_of, title_of
from alc.tasks.logger import csv_logger, wandb_settings
from alc.tasks.problem import plain
from alc.tasks.waiting import waits
from alc.tracking.connection import RunCard
from alc.tracking.names import ANNOTATIONS, GALLERY
from alc.tracking.run import TrackedRun
from alc.tracking.settings import WandbSettings

if TYPE_CHECKING:
    import pandas as pd

    from alc.tasks.parent import Parent
    from alc.tasks.problem import Problem
    from alc.tracking.epochs import EpochCurves

__all__ = ["Tracking", "track_ranking", "track_simulation", "tracked"]


class Tracking:
    """What is shown of one run; with another logger than W&B, nothing.

    Args:
        path: The run's directory.
        run: The W&B run, or none.
        settings: What the user decided about W&B, or None.
    """

    def __init__(self, path: Path, run: TrackedRun, settings: WandbSettings | None) -> None:
        self.path, self.run, self.settings = path, run, settings
        self._curves: EpochCurves | None = None

    def loggers(self, config: DictConfig, *, several: bool) -> Callable[[Path], Any]:
        """Makes the loggers of one training in its folder ``checkpoints/<training>``.

        Args:
            config: The config.
            several: Whether the run has several trainings.
        """
        csv = csv_logger(config)
        if not self.run.alive:
            return csv
        from alc.tracking.epochs import EpochCurves, EpochLogger

        self._curves = curves = EpochCurves(self.run, several=several)
        curves.replay(self.path / "checkpoints")
        return lambda directory: [csv(directory), EpochLogger(curves, directory.name)]

    def finished(
        self,
        files: Iterable[str],
        *,
        numbers: Mapping[str, float | str | None] | None = None,
        parents: Iterable[str] = (),
        further: Mapping[str, Path] | None = None,
    ) -> None:
        """Show the outcome of a run: its numbers, and its files as one artifact of the name of the run.

        Args:
            files: Files relative to the run.
            numbers: Metric name -> value.
            parents: Run ids this run has read from.
            further: Name -> file that lies elsewhere.
        """
        if self.settings is None or not self.run.alive:
            return
        if self._curves is not None:
            self._curves.close(self.path / "metrics.csv")
        self.run.numbers(numbers or {})
        if self.settings.artifact:
            wanted = {name: self.path / name for name in files} | dict(further or {})
            kept = {name: path for name, path in wanted.items() if Path(name).name not in self.settings.leave_out}
            task = self.path.parent.name
            self.run.files(_title(self.path), task, kept, parents=_parents(self.path, parents))

    def gallery(self, problem: "Problem", ranking: "pd.DataFrame") -> None:
        """Show the most suspicious samples of a ranking."""
        if self.settings is None or not self.run.alive or self.settings.top == 0:
            return
        from alc.tracking.gallery import suspicious

        top, side = self.settings.top, self.settings.thumbnail
        self.run.gallery(GALLERY, *suspicious(ranking, problem.dataset.images, problem.samples, top=top, side=side))


@contextmanager
def tracked(config: DictConfig, path: Path, content: Mapping[str, object] | None = None) -> Iterator[Tracking]:
    """Show the run of that directory while the block lasts; the W&B run is finished however it ends.

    Args:
        config: The composed config of any task.
        path: The run's directory, ``<runs>/<task>/<run id>``.
        content: The part of the config that decides the run; all of it if not given.
    """
    settings = None if is_follower() else wandb_settings(config)
    if settings is None:
        yield Tracking(path, TrackedRun(), None)
        return
    task = path.parent.name
    content = plain(config) if content is None else content
    card = RunCard(
        run_id=_title(path),
        name=title_of(task, config),
        group=group_of(config) if settings.group == "auto" else settings.group,
        job_type=task if settings.job_type == "auto" else settings.job_type,
        config={key: value for key, value in content.items() if key != "logger"} | {"choices": choices()},
    )
    run, failed = TrackedRun.open(settings, card), True
    try:
        yield Tracking(path, run, settings)
        failed = False
    finally:
        run.close(failed=failed)
        _say_where(run)


def track_ranking(
    config: DictConfig, path: Path, problem: "Problem", ranking: "pd.DataFrame", parent: "Parent", files: Sequence[str]
) -> None:
    """Show a finished ranking: its worst samples and its files."""
    with tracked(config, path) as tracking:
        tracking.gallery(problem, ranking)
        tracking.finished(files, parents=parent.run_ids, further=_posteriors(config, parent))


def track_simulation(
    config: DictConfig,
    path: Path,
    problem: "Problem",
    ranking: "pd.DataFrame | None",
    parent: "Parent | None",
    files: Sequence[str],
    rounds: Iterable[str] = (),
) -> None:
    """Show a finished simulation, from what it has written: curves over annotations, numbers, samples, files.

    Args:
        config: The config.
        path: The run's directory.
        problem: Its images and labels.
        ranking: The ranking it began with, if there is one.
        parent: Whose posteriors it read.
        files: What it has written.
        rounds: Ids of the runs of its model updates.
    """
    with tracked(config, path) as tracking:
        if tracking.settings is None or not tracking.run.alive:
            return
        import pandas as pd

        from alc.tracking.curves import curve_rows, simulation_numbers
        from alc.tracking.labels import cleaned_labels

        curves = pd.read_csv(path / "curves.csv")
        rows = list(curve_rows(curves, tracking.settings.points))
        tracking.run.axis("cleaning/*", ANNOTATIONS)
        for row in rows:
            tracking.run.row(row)
        if len(rows) < curves["annotations"].nunique():
            say(f"W&B      {len(rows)} points of each curve (logger.points); curves.csv has every annotation")
        if ranking is not None:
            tracking.gallery(problem, ranking)
        summary = json.loads((path / "summary.json").read_text(encoding="utf-8"))
        with TemporaryDirectory(prefix="alc-") as folder:
            labels = Path(folder) / "labels.parquet"
            trajectory = pd.read_parquet(path / "trajectory.parquet")
            cleaned_labels(problem.samples, trajectory).to_parquet(labels, index=False)
            tracking.finished(
                files,
                numbers=simulation_numbers(summary),
                parents=[*(parent.run_ids if parent else ()), *rounds],
                further={"labels.parquet": labels, **_posteriors(config, parent)},
            )


def _posteriors(config: DictConfig, parent: "Parent | None") -> dict[str, Path]:
    """The posteriors that were ranked, wherever they lie."""
    if parent is None:
        return {}
    file = Path(str(config.posteriors_from)) if parent.directory is None else parent.directory / "posteriors.npz"
    return {"posteriors.npz": file}


def _title(path: Path) -> str:
    return f"{path.parent.name}-{path.name}"


def _parents(path: Path, run_ids: Iterable[str]) -> list[str]:
    runs = path.parent.parent
    return [_title(found) for run_id in run_ids for found in sorted(runs.glob(f"*/{run_id}"))[:1]]


def _say_where(run: TrackedRun) -> None:
    if run.url:
        say(f"W&B      {run.url}")
    if run.waits and run.folder is not None:
        waits(run.folder)

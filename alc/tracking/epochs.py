"""EpochCurves: the curves of all trainings of one run, over epochs."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytorch_lightning.loggers import Logger
from pytorch_lightning.utilities import rank_zero_only

from alc.tracking.names import EPOCH
from alc.tracking.run import TrackedRun

__all__ = ["EpochCurves", "EpochLogger"]

NO_METRICS = {EPOCH, "step"}


class EpochCurves:
    """One row per training and epoch, under the names of ``metrics.csv``.

    Of several trainings (folds, members) each name gets the training's as its last part, ``train/loss/fold_0``, so that
    none overwrites another; the plain name is their mean, which is known in the end.

    Args:
        run: Where they go.
        several: Whether the run has several trainings.
    """

    def __init__(self, run: TrackedRun, *, several: bool) -> None:
        self.run, self.several = run, several
        self._shown: set[tuple[str, int]] = set()
        run.axis("train/*", EPOCH)

    def replay(self, states: Path) -> None:
        """Show the epochs that earlier, interrupted starts have logged: an offline folder is then complete by itself.

        Those that are computed again are the same, and not shown twice.
        """
        for file in sorted(states.glob("*/start_*/metrics.csv")) if self.run.alive else ():
            for row in _rows(file):
                self.show(file.parts[-3], row)

    def show(self, training: str, metrics: Mapping[str, float]) -> None:
        """One epoch of one training."""
        epoch = int(metrics.get(EPOCH, 0))
        named = {name: value for name, value in metrics.items() if name not in NO_METRICS and math.isfinite(value)}
        if not named or (training, epoch) in self._shown:
            return
        self._shown.add((training, epoch))
        own = {f"{name}/{training}": value for name, value in named.items()} if self.several else named
        self.run.row({EPOCH: epoch, **own})

    def close(self, table: Path) -> None:
        """Show the means of several trainings, from their ``metrics.csv``."""
        if not (self.several and self.run.alive and table.is_file()):
            return
        import pandas as pd

        means = pd.read_csv(table).drop(columns=["training", "step"], errors="ignore").groupby(EPOCH).mean()
        for epoch, row in means.iterrows():
            values = {str(name): float(value) for name, value in row.dropna().items()}
            self.run.row({EPOCH: int(str(epoch)), **values})


class EpochLogger(Logger):
    """Hands what one training logs to the curves of its run."""

    def __init__(self, curves: EpochCurves, training: str) -> None:
        super().__init__()
        self.curves, self.training = curves, training

    @property
    def name(self) -> str:
        """The training's."""
        return self.training

    @property
    def version(self) -> str:
        """None of its own."""
        return ""

    @rank_zero_only
    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        """One epoch."""
        self.curves.show(self.training, metrics)

    @rank_zero_only
    def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None:
        """The run has its config from the start."""


def _rows(file: Path) -> list[dict[str, float]]:
    import pandas as pd

    try:
        table = pd.read_csv(file)
    except (OSError, ValueError):  # what a killed process was writing
        return []
    return [{str(name): float(value) for name, value in row.dropna().items()} for _, row in table.iterrows()]

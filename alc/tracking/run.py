"""TrackedRun: one W&B run behind a border that no error crosses."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

from alc.arrays import UInt8Array
from alc.tracking.connection import RunCard, open_run, surroundings
from alc.tracking.settings import WandbSettings

__all__ = ["TrackedRun"]

T = TypeVar("T")
log = logging.getLogger(__name__)


class TrackedRun:
    """One W&B run, or none: then every method does nothing.

    The first error of W&B is told in a warning and ends the tracking, never the run that is tracked.

    Attributes:
        folder: Where W&B keeps the run on the disk; None without a run.
        waits: Whether the folder has to be synced by hand.
        url: Its page; None where there is none.
    """

    def __init__(self, settings: WandbSettings | None = None) -> None:
        self._settings = settings
        self._run: Any = None
        self._failed = False
        self.folder: Path | None = None
        self.waits = False
        self.url: str | None = None

    @classmethod
    def open(cls, settings: WandbSettings, card: RunCard) -> Self:
        """Open a run; if that fails there is none."""
        tracked = cls(settings)
        tracked._run = tracked._attempt("start", lambda: open_run(settings, card))
        if tracked._run is not None:
            tracked._attempt("start", tracked._look)
        return tracked

    @property
    def alive(self) -> bool:
        """Whether anything is shown at all."""
        return self._run is not None and not self._failed

    def axis(self, names: str, step: str) -> None:
        """Plot all names that match, e.g. ``train/*``, over another."""
        if self.alive:
            self._attempt("define_metric", lambda: self._run.define_metric(names, step_metric=step))

    def row(self, values: Mapping[str, Any]) -> None:
        """One row of curves."""
        if self.alive:
            self._attempt("log", lambda: self._run.log(dict(values)))

    def numbers(self, values: Mapping[str, float | str | None]) -> None:
        """Numbers of the whole run; those that are not known are left out."""
        if self.alive:
            known = {name: value for name, value in values.items() if value is not None}
            self._attempt("summary", lambda: self._run.summary.update(known))

    def gallery(self, name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], images: UInt8Array) -> None:
        """A table whose first column are images (K, H, W, 3), one per row."""

        def table() -> None:
            import wandb

            shown = wandb.Table(columns=["image", *columns])
            for image, row in zip(images, rows, strict=True):
                shown.add_data(wandb.Image(image), *row)
            self._run.log({name: shown})

        if self.alive:
            self._attempt("table", table)

    def files(self, name: str, kind: str, files: Mapping[str, Path], *, parents: Sequence[str]) -> None:
        """Files under their names as one artifact, of which those of the parents are inputs.

        Offline the parents can not be looked up; they stand in the artifact's metadata in any case.
        """

        def artifact() -> None:
            import wandb

            made = wandb.Artifact(name, type=kind, metadata={"parents": list(parents)})
            for stored, path in files.items():
                made.add_file(str(path), name=stored)
            self._run.log_artifact(made)

        if self.alive:
            for parent in parents if not self.waits else ():
                self._use(parent)
            self._attempt("artifact", artifact)

    def close(self, *, failed: bool) -> None:
        """Finish the run, whatever has happened to it."""
        if self._run is not None:
            run, self._run = self._run, None
            self._attempt("finish", lambda: run.finish(exit_code=int(failed)), again=True)

    def _use(self, parent: str) -> None:
        """Name an input; one that was never uploaded is no error."""
        try:
            with self._surroundings():
                self._run.use_artifact(f"{parent}:latest")
        except Exception as error:
            log.info("W&B knows no files of %s (%s).", parent, error)

    def _look(self) -> None:
        settings = self._run.settings
        self.folder, self.waits = Path(settings.sync_dir), settings.mode != "online"
        self.url = None if self.waits else self._run.url

    def _attempt(self, what: str, action: Callable[[], T], *, again: bool = False) -> T | None:
        if self._failed and not again:
            return None
        try:
            with self._surroundings():
                return action()
        except Exception as error:
            if not self._failed:
                told = " ".join(str(error).split()) or type(error).__name__
                log.warning("W&B fails (%s: %s) and shows no more of this run, which goes on.", what, told)
            self._failed, self.waits = True, self.folder is not None
            return None

    def _surroundings(self) -> Any:
        assert self._settings is not None
        return surroundings(Path(self._settings.directory))

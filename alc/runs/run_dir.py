"""A run's directory: created, locked, filled and completed here and nowhere else."""

import errno
import logging
import math
import os
import re
import shutil
import time
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Self

from alc.atomic import atomic_path
from alc.errors import InputError
from alc.runs.command import command_line, overrides
from alc.runs.index import ERROR, OVERRIDES
from alc.runs.lock import LOCK, OWNER, is_follower, locked, owner, sign
from alc.runs.manifest import MANIFEST, Artefact, Manifest, contents, environment, sources_digest
from alc.runs.sweep import note_run

__all__ = ["CONFIG", "RESUMABLE", "RunDir", "require_writable"]

CONFIG = "config.yaml"
RESUMABLE: tuple[str, ...] = ("checkpoints", "fold_*.npz", "*.ckpt")
"""What a later start of an interrupted run may continue from; everything else in it is removed."""

RESERVED = frozenset(
    {
        "train",
        "rank",
        "simulate",
        "select",
        "refresh",
        "pretrain",
        "clean",
        "reference",
        "evaluate",
        "export",
        "figures",
        "multirun",
        "errors",
        "wandb",
    }
)
"""Folders of the tasks, which may not be there yet."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
log = logging.getLogger(__name__)


class RunDir:
    """One run on the disk, got from :meth:`open`.

    Attributes:
        path: The directory, ``<runs>/<task>/<run id>``.
        complete: Whether every promised artefact is there; then there is nothing to do but read.
        leader: False in the helper processes of a distributed training, which must leave the directory alone.
    """

    def __init__(self, path: Path, manifest: Manifest | None, *, name: str | None, leader: bool = True) -> None:
        self.path, self.leader = path, leader
        self._manifest, self._name = manifest, name
        self._started, self._clock = _now(), time.monotonic()

    @property
    def complete(self) -> bool:
        """Whether the run is finished."""
        return self._manifest is not None

    @property
    def manifest(self) -> Manifest:
        """What was finished; only a complete run has one."""
        assert self._manifest is not None, f"{self.path} is not complete"
        return self._manifest

    @classmethod
    @contextmanager
    def open(cls, path: Path, *, force: bool = False, name: str | None = None) -> Iterator[Self]:
        """Enter a run; the block does the work unless ``complete`` says that it is done.

        A finished run is opened for reading, without a lock.  Otherwise the directory is this process's alone until the
        block ends: what a killed process left is removed, up to what a new start can continue from
        (:data:`RESUMABLE`, if it was made by the same code).  If the block fails, ``error.txt`` holds the traceback
        and the exception carries a note with its path.

        Args:
            path: ``<runs>/<task>/<run id>``.
            force: Compute again, from nothing, what is finished or half done.
            name: A name for people; becomes a link ``<runs>/<name>``.

        Raises:
            InputError: The directory can not be made or written, or the disk is full.
        """
        with _disk_errors(path):
            _require_name(path, name)
            if is_follower():
                yield cls(path, None, name=name, leader=False)
                return
            manifest = None if force else _finished(path)
            if manifest is None:
                require_writable(path)
                with locked(path):
                    yield from cls._open_locked(path, force=force, name=name)
                return
            yield cls._reuse(path, manifest, name)

    @classmethod
    def _open_locked(cls, path: Path, *, force: bool, name: str | None) -> Iterator[Self]:
        manifest = None if force else _finished(path, warn=True)  # another process may just have finished it
        if manifest is not None:
            yield cls._reuse(path, manifest, name)
            return
        _clear(path, keep=() if force else RESUMABLE)
        sign(path, sources_digest())
        run = cls(path, None, name=name)
        try:
            yield run
        except Exception as error:
            if not run.complete:
                _write_error(path, error)
                note_run(path, "failed")
            raise

    @classmethod
    def _reuse(cls, path: Path, manifest: Manifest, name: str | None) -> Self:
        log.info("SKIP %s: complete since %s (force=true computes it again).", _title(path), manifest.finished[:16])
        if manifest.environment.get("sources") != sources_digest():
            log.warning("Run %s was finished by other alc sources; force=true computes it again.", _title(path))
        _link(path, name)
        note_run(path, "used")
        return cls(path, manifest, name=name)

    def write_config(self, config: Mapping[str, object]) -> None:
        """Write the resolved config, as plain values, to ``config.yaml``."""
        from omegaconf import OmegaConf

        if self.leader:
            with atomic_path(self.path / CONFIG) as temporary:
                temporary.write_text(OmegaConf.to_yaml(OmegaConf.create(dict(config))), encoding="utf-8")

    def finish(
        self,
        artefacts: Iterable[str],
        *,
        headline: Mapping[str, float | str | None] | None = None,
        parents: Iterable[str] = (),
    ) -> None:
        """Declare the run complete: measure every promised file, then write the manifest.

        Args:
            artefacts: Files relative to the run; ``config.yaml`` joins them where it was written.
            headline: The few numbers worth seeing in a list.
            parents: Run ids this run read from.

        Raises:
            FileNotFoundError: A promised file is not there; the run stays incomplete.
        """
        if not self.leader:
            return
        parents = tuple(parents)
        files = sorted({*artefacts, *([CONFIG] if (self.path / CONFIG).is_file() else [])})
        (self.path / ERROR).unlink(missing_ok=True)
        manifest = Manifest(
            task=self.path.parent.name,
            run_id=self.path.name,
            name=self._name,
            status="complete",
            started=self._started,
            finished=_now(),
            wall_seconds=round(time.monotonic() - self._clock, 3),
            command=command_line(),
            parents=parents,
            artefacts={file: Artefact.of(self.path / file) for file in files},
            headline={key: _finite(value) for key, value in (headline or {}).items()},
            environment=environment(),
            read_from=contents(self.path.parent.parent, parents),
        )
        manifest.write(self.path)
        (self.path / OWNER).unlink(missing_ok=True)
        self._manifest = manifest
        note_run(self.path, "computed")
        _link(self.path, self._name)


def require_writable(path: Path) -> None:
    """Make a directory that this process can write in.

    Raises:
        InputError: It can not be made, or is not writable.
    """
    with _disk_errors(path, any_reason=True):
        path.mkdir(parents=True, exist_ok=True)
        if not os.access(path, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "not writable", str(path))


def _finished(path: Path, *, warn: bool = False) -> Manifest | None:
    manifest = Manifest.read(path)
    if manifest is None:
        return None
    if damage := manifest.damage(path):
        if warn:
            log.warning("Run %s is computed again: %s.", _title(path), damage)
        return None
    return manifest


def _clear(path: Path, keep: tuple[str, ...]) -> None:
    if keep and (previous := owner(path)) and previous["sources"] != sources_digest():
        keep = ()  # half a run of one code and half of another would be a run of neither
        log.warning("Run %s was begun by other alc sources and starts over.", _title(path))
    (path / MANIFEST).unlink(missing_ok=True)  # first, so that a crash in here leaves an incomplete run
    kept = {LOCK, OWNER}.union(*({found.name for found in path.glob(pattern)} for pattern in keep))
    for unfinished in path.rglob(".*.tmp*"):
        unfinished.unlink(missing_ok=True)
    for entry in path.iterdir():
        if entry.name in kept:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _write_error(path: Path, error: Exception) -> None:
    first = " ".join(str(error).split()) or "no message"
    job = f"{OVERRIDES}{overrides()}\n" if overrides() else ""
    trace = "".join(traceback.format_exception(error))
    text = f"{type(error).__name__}: {first}\n\n{command_line()}\n{job}\n{trace}"
    with suppress(OSError), atomic_path(path / ERROR) as temporary:
        temporary.write_text(text, encoding="utf-8")
        error.add_note(f"Traceback: {path / ERROR}")


def _require_name(path: Path, name: str | None) -> None:
    if name is None:
        return
    link = path.parent.parent / name
    if not _NAME.fullmatch(name) or name in RESERVED or (link.exists() and not link.is_symlink()):
        raise InputError(
            f"name={name!r} can not name a run",
            allowed="letters, digits, '_', '-' and '.', and not a folder that exists already, such as a task's",
            fix="Type e.g. name=first_try",
        )


def _link(path: Path, name: str | None) -> None:
    if name is None:
        return
    runs = path.parent.parent
    temporary = runs / f".{name}.{os.getpid()}.tmp"
    try:
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(path.relative_to(runs), target_is_directory=True)
        temporary.replace(runs / name)
    except OSError as error:  # some systems reserve links for administrators; the run itself is not in danger
        log.warning("No link %s -> %s: %s", runs / name, _title(path), error.strerror)


@contextmanager
def _disk_errors(path: Path, *, any_reason: bool = False) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where = Path(os.fsdecode(error.filename)).absolute() if isinstance(error.filename, str | bytes) else None
        run = path.absolute()
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        ours = where is not None and (where == run or run in where.parents or where in run.parents)
        refused = error.errno in {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST}
        if not (any_reason or full or (ours and refused)):
            raise
        reason = "the disk is full" if full else (error.strerror or "unknown reason").lower()
        fix = "Free some space and repeat the command, or type" if full else "Type"
        problem = f"run directory {path} can not be written: {reason}"
        if where is not None and where != run:
            problem += f" ({where})"
        refusal = InputError(problem, allowed="a folder you may write in", fix=f"{fix} paths.runs=FOLDER")
        for note in getattr(error, "__notes__", ()):
            refusal.add_note(note)
        raise refusal from error


def _finite(value: float | str | None) -> float | str | None:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _title(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")

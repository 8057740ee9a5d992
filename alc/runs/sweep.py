"""What the jobs of a sweep leave behind: one small file each, beside the runs.

A file per job, because jobs may run at the same time, in other processes and on other machines; all they share is the
folder of the runs.
"""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

__all__ = ["FOLDER", "Job", "begin_sweep", "failed_jobs", "in_sweep", "job_record", "note_run", "read_jobs"]

FOLDER, SWEEPS, LATEST = "jobs", "multirun", "latest"
JOBS, JOB = "ALC_JOBS", "ALC_JOB"
"""Environment variables, which processes hand down: the folder of the records, and the record of the job at work."""


@dataclass(frozen=True)
class Job:
    """One job of a sweep, as it recorded itself.

    Attributes:
        file: Its record.
        number: Hydra's number of the job.
        task: The task.
        overrides: What it was given.
        status: ``done``, ``failed``, or ``unfinished`` (at work, or killed).
        message: What a failed job said.
        used: Directories of the runs that it opened and found finished.
        computed: Directories of the runs that it finished.
        failed: Directories of the runs in which it failed; they hold an ``error.txt``.
    """

    file: Path
    number: int
    task: str
    overrides: tuple[str, ...]
    status: str
    message: str
    used: tuple[Path, ...]
    computed: tuple[Path, ...]
    failed: tuple[Path, ...]

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read a record, however little of it was written."""
        entries = [_entry(line) for line in file.read_text(encoding="utf-8", errors="replace").splitlines()]
        said = {key: value for entry in entries for key, value in entry.items() if key not in {"run", "became"}}
        runs = {
            became: tuple(
                (file.parent / str(entry["run"])).resolve() for entry in entries if entry.get("became") == became
            )
            for became in ("used", "computed", "failed")
        }
        overrides = said.get("overrides")
        return cls(
            file=file,
            number=int(file.stem),
            task=str(said.get("task", "")),
            overrides=tuple(map(str, overrides)) if isinstance(overrides, list) else (),
            status=str(said.get("status", "unfinished")),
            message=str(said.get("message", "")),
            **runs,
        )

    @property
    def run(self) -> Path | None:
        """The run that the job was about; None if it did not come to one."""
        return next((run for run in reversed(self.used + self.computed) if run.parent.name == self.task), None)


def begin_sweep(folder: Path) -> None:
    """Let the jobs from now on, also those of processes that start from now on, leave their records in a folder.

    A sweep in ``<runs>/multirun`` becomes ``<runs>/multirun/latest``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    os.environ[JOBS] = str(folder.absolute())
    sweep = folder.absolute().parent
    if sweep.parent.name == SWEEPS:
        temporary = sweep.parent / f".{LATEST}.{os.getpid()}.tmp"
        with suppress(OSError):  # some systems reserve links for administrators
            temporary.unlink(missing_ok=True)
            temporary.symlink_to(sweep.name, target_is_directory=True)
            temporary.replace(sweep.parent / LATEST)


def in_sweep() -> bool:
    """Whether a job of a sweep is at work here."""
    return JOB in os.environ


@contextmanager
def job_record(number: int, task: str, overrides: Sequence[str]) -> Iterator[list[str]]:
    """Record a job while the block lasts; a message that the block appends to the list makes it a failed one."""
    file = Path(os.environ[JOBS]) / f"{number}.jsonl"
    file.write_text("", encoding="utf-8")  # a cluster may start a job again
    os.environ[JOB] = str(file)
    _append(task=task, overrides=list(overrides))
    messages: list[str] = []
    try:
        yield messages
        _append(status="failed" if messages else "done", message="\n".join(messages))
    finally:
        del os.environ[JOB]


def note_run(path: Path, became: str) -> None:
    """Record what became of a run in the job at work: ``used``, ``computed`` or ``failed``.

    The path is relative to the record, so that a folder of runs can be moved.
    """
    if in_sweep():
        _append(run=os.path.relpath(path.resolve(), Path(os.environ[JOB]).parent.resolve()), became=became)


def read_jobs(folder: Path) -> list[Job]:
    """The records of a folder, by number."""
    return sorted((Job.read(file) for file in folder.glob("*.jsonl")), key=lambda job: job.number)


def failed_jobs(runs: Path) -> list[Job]:
    """Jobs of the sweeps of a folder of runs that failed before they came to a run, unless one like it ended since."""
    last: dict[tuple[str, tuple[str, ...]], Job] = {}
    for folder in sorted((runs / SWEEPS).glob(f"*/{FOLDER}")):
        if folder.parent.is_symlink():
            continue
        last |= {(job.task, job.overrides): job for job in read_jobs(folder) if job.status != "unfinished"}
    return [job for job in last.values() if job.status == "failed" and not job.failed]


def _append(**entry: object) -> None:
    if JOB in os.environ:
        with suppress(OSError), Path(os.environ[JOB]).open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")


def _entry(line: str) -> dict[str, object]:
    try:
        entry = json.loads(line)
    except ValueError:  # killed while writing
        return {}
    return entry if isinstance(entry, dict) else {}

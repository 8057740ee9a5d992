"""The list of runs, read from their directories."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from alc.runs.lock import is_locked
from alc.runs.manifest import Manifest
from alc.runs.sweep import failed_jobs

__all__ = ["ERROR", "OVERRIDES", "RunRecord", "failures", "find_runs", "headline_text"]

ERROR = "error.txt"
OVERRIDES = "overrides: "
"""How the line of an error begins that says which job of a sweep it was."""
_RUN_ID = re.compile(r"[0-9a-f]{10}")


@dataclass(frozen=True)
class RunRecord:
    """One run as a list shows it.

    Attributes:
        path: The run's directory.
        task: The task's name.
        run_id: 10 hex digits.
        name: The names that link to the run, joined by commas; empty without any.
        status: ``complete``, ``running``, ``failed``, ``interrupted``, or ``damaged`` (an artefact is gone or cut).
        date: When it was finished, failed or last touched: local time, to the minute.
        headline: The numbers the task chose to show.
        note: The first line of the error, or what is damaged; empty otherwise.
        overrides: Of a failed run what its job was given, where that was said.
    """

    path: Path
    task: str
    run_id: str
    name: str
    status: str
    date: str
    headline: dict[str, float | str | None] = field(default_factory=dict)
    note: str = ""
    overrides: str = ""


def find_runs(root: Path, task: str | None = None) -> list[RunRecord]:
    """All runs under ``root`` (``root/<task>/<run id>``), the oldest first, of one task or of all."""
    names = _names(root)
    found = [path for path in root.glob(f"{task or '*'}/*") if _RUN_ID.fullmatch(path.name) and path.is_dir()]
    records = [_record(path, ",".join(sorted(names.get(path.resolve(), [])))) for path in found]
    return sorted(records, key=lambda record: (record.date, record.task, record.run_id))


def failures(root: Path) -> list[RunRecord]:
    """What failed under ``root``, the oldest first: runs, and jobs of sweeps that were refused before they had one.

    The latter have no run id, and the record of the job as their path.
    """
    runs = [record for record in find_runs(root) if record.status == "failed"]
    jobs = [
        RunRecord(
            path=job.file,
            task=job.task,
            run_id="",
            name="",
            status="failed",
            date=_minute(_touched(job.file)),
            note=job.message.partition("\n")[0],
            overrides=shlex.join(job.overrides),
        )
        for job in failed_jobs(root)
    ]
    return sorted(runs + jobs, key=lambda record: (record.date, record.task, record.run_id))


def headline_text(headline: Mapping[str, float | str | None]) -> str:
    """Headline numbers in a line."""
    numbers = ((key, f"{value:.4g}" if isinstance(value, float) else str(value)) for key, value in headline.items())
    return "  ".join(f"{key}={value}" for key, value in numbers)


def _names(root: Path) -> dict[Path, list[str]]:
    names: dict[Path, list[str]] = {}
    for link in root.iterdir():
        if link.is_symlink():
            names.setdefault(link.resolve(), []).append(link.name)
    return names


def _record(path: Path, name: str) -> RunRecord:
    manifest, error = Manifest.read(path), path / ERROR
    headline: dict[str, float | str | None] = {}
    note = given = ""
    if manifest is not None:
        damage = manifest.damage(path)
        status, date = ("damaged", manifest.finished) if damage else ("complete", manifest.finished)
        headline, note = manifest.headline, damage or ""
    elif is_locked(path):
        status, date = "running", _touched(path)
    elif error.is_file():
        status, date = "failed", _touched(error)
        note, given = _told(error)
    else:
        status, date = "interrupted", _touched(path)
    return RunRecord(path, path.parent.name, path.name, name, status, _minute(date), headline, note, given)


def _minute(date: str) -> str:
    return date[:16].replace("T", " ")


def _touched(path: Path) -> str:
    return datetime.fromtimestamp(path.stat().st_mtime).astimezone().isoformat()


def _told(error: Path) -> tuple[str, str]:
    """The first line of an error and the overrides of its job."""
    lines = error.read_text(encoding="utf-8", errors="replace").splitlines()
    given = next((line.removeprefix(OVERRIDES) for line in lines[:4] if line.startswith(OVERRIDES)), "")
    return (lines[0] if lines else ""), given

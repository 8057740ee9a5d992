"""The list of runs, read from their directories."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from alc.runs.lock import is_locked
from alc.runs.manifest import Manifest

__all__ = ["ERROR", "RunRecord", "find_runs"]

ERROR = "error.txt"
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
    """

    path: Path
    task: str
    run_id: str
    name: str
    status: str
    date: str
    headline: dict[str, float | str | None] = field(default_factory=dict)
    note: str = ""


def find_runs(root: Path, task: str | None = None) -> list[RunRecord]:
    """All runs under ``root`` (``root/<task>/<run id>``), the oldest first, of one task or of all."""
    names = _names(root)
    found = [path for path in root.glob(f"{task or '*'}/*") if _RUN_ID.fullmatch(path.name) and path.is_dir()]
    records = [_record(path, ",".join(sorted(names.get(path.resolve(), [])))) for path in found]
    return sorted(records, key=lambda record: (record.date, record.task, record.run_id))


def _names(root: Path) -> dict[Path, list[str]]:
    names: dict[Path, list[str]] = {}
    for link in root.iterdir():
        if link.is_symlink():
            names.setdefault(link.resolve(), []).append(link.name)
    return names


def _record(path: Path, name: str) -> RunRecord:
    manifest, error = Manifest.read(path), path / ERROR
    headline: dict[str, float | str | None] = {}
    note = ""
    if manifest is not None:
        damage = manifest.damage(path)
        status, date = ("damaged", manifest.finished) if damage else ("complete", manifest.finished)
        headline, note = manifest.headline, damage or ""
    elif is_locked(path):
        status, date = "running", _touched(path)
    elif error.is_file():
        status, date, note = "failed", _touched(error), _first_line(error)
    else:
        status, date = "interrupted", _touched(path)
    return RunRecord(path, path.parent.name, path.name, name, status, date[:16].replace("T", " "), headline, note)


def _touched(path: Path) -> str:
    return datetime.fromtimestamp(path.stat().st_mtime).astimezone().isoformat()


def _first_line(path: Path) -> str:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return lines[0] if lines else ""

"""Many runs as one table: what they differ in, and the numbers they ended with."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alc.errors import InputError
from alc.runs.identity import IGNORED, ORDERED
from alc.runs.index import find_runs
from alc.runs.manifest import Manifest
from alc.runs.run_dir import CONFIG
from alc.runs.sweep import FOLDER, Job, read_jobs

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RunRow", "read_runs", "run_rows", "runs_table"]


@dataclass(frozen=True)
class RunRow:
    """A run of a folder of runs, or a point of a sweep.

    Attributes:
        path: The run's directory; None for a point that did not come to one.
        status: As ``alc-runs`` and the records of a sweep call it.
        settings: What tells it from the others.
        message: What a failed one said.
        manifest: Of a finished run.
        job: The record of the point.
    """

    path: Path | None
    status: str
    settings: dict[str, Any]
    message: str
    manifest: Manifest | None
    job: Job | None = None


def read_runs(where: Path | str, task: str | None = None) -> "pd.DataFrame":
    """One row per run of a folder of runs, or per point of a sweep.

    Args:
        where: A folder of runs (``runs``), or that of a sweep (``runs/multirun/latest``).
        task: Only runs of this task.

    Returns:
        ``run`` (``<task>/<id>``), ``status``, a column for each setting in which the rows differ, the headline numbers,
        ``seconds``, ``parents`` and ``message``; of a sweep also ``job``, ``computed`` (whether it was done in this
        sweep) and ``trained``.  The settings of a sweep are what was typed, those of a folder of runs are dotted keys
        of ``config.yaml``: of groups with different options the class (``method`` is ``CoTeaching``), of selectors
        their names.

    Raises:
        InputError: There is no such folder.
    """
    return runs_table(run_rows(where, task))


def run_rows(where: Path | str, task: str | None = None) -> list[RunRow]:
    """The rows of :func:`read_runs`."""
    where = Path(where)
    if not where.is_dir():
        raise InputError(f"there is no folder {where.absolute()}", allowed="a folder of runs, or that of a sweep")
    if (where / FOLDER).is_dir():
        jobs = [job for job in read_jobs(where / FOLDER) if task in {None, job.task}]
        return [_point(job, settings) for job, settings in zip(jobs, _typed(jobs), strict=True)]
    records = find_runs(where, task)
    settings = _differences([_config(record.path) for record in records])
    return [
        RunRow(record.path, record.status, each, record.note, Manifest.read(record.path))
        for record, each in zip(records, settings, strict=True)
    ]


def runs_table(rows: Sequence[RunRow]) -> "pd.DataFrame":
    """Rows as a table, see :func:`read_runs`."""
    import pandas as pd

    return pd.DataFrame([_cells(row) for row in rows])


def _cells(row: RunRow) -> dict[str, Any]:
    job, path, manifest = row.job, row.path, row.manifest
    trained = [run.name for run in job.computed if run.parent.name == "train"] if job else []
    point = {"computed": path in job.computed, "trained": " ".join(trained)} if job else {}
    return {
        **({"job": job.number} if job else {}),
        "run": f"{path.parent.name}/{path.name}" if path else None,
        "status": row.status,
        **row.settings,
        **(manifest.headline if manifest else {}),
        "seconds": manifest.wall_seconds if manifest else None,
        "parents": " ".join(manifest.parents) if manifest else "",
        **point,
        "message": row.message,
    }


def _point(job: Job, settings: dict[str, Any]) -> RunRow:
    manifest = Manifest.read(job.run) if job.run and job.status == "done" else None
    return RunRow(job.run, job.status, settings, job.message, manifest, job)


def _typed(jobs: Sequence[Job]) -> list[dict[str, Any]]:
    """What was given to each job and not to all."""
    given = [dict(_key_and_value(override) for override in job.overrides) for job in jobs]
    keys = dict.fromkeys(key for settings in given for key in settings)
    varied = [key for key in keys if len({str(settings.get(key)) for settings in given}) > 1]
    return [{key: settings.get(key) for key in varied} for settings in given]


def _key_and_value(override: str) -> tuple[str, Any]:
    key, _, value = override.lstrip("+~").partition("=")
    try:
        return key, json.loads(value)
    except ValueError:
        return key, value


def _config(run: Path) -> dict[str, Any]:
    """The settings of a run under dotted keys."""
    import yaml

    file = run / CONFIG
    return dict(_flat(yaml.safe_load(file.read_text(encoding="utf-8")), "")) if file.is_file() else {}


def _flat(node: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in node.items():
        key = f"{prefix}{name}"
        if key in IGNORED:
            continue
        if key in ORDERED:
            yield key, " ".join(value)
        if isinstance(value, Mapping):
            yield from _flat(value, f"{key}.")
        elif name == "_target_":
            yield prefix.rstrip("."), str(value).rpartition(".")[2]
        else:
            yield key, value


def _differences(configs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The settings that have several values; a key that some lack has as many as the others give it.

    Of keys that go together everywhere, as ``seeds.train`` goes with ``seed``, the one of fewest parts counts, or the
    last: that is the one which people set.
    """
    keys = list(dict.fromkeys(key for config in configs for key in config))
    varied = [key for key in keys if len({str(config[key]) for config in configs if key in config}) > 1]
    columns: dict[str, str] = {}
    for _, key in sorted(enumerate(varied), key=lambda entry: (entry[1].count("."), -entry[0])):
        columns.setdefault(str([config.get(key) for config in configs]), key)
    return [{key: config.get(key) for key in varied if key in columns.values()} for config in configs]

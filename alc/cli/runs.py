"""``alc-runs``: the runs of a folder with their names, dates and headline numbers."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from alc.errors import did_you_mean
from alc.runs.index import RunRecord, find_runs

_EXAMPLES = """examples:
  alc-runs                      all runs below ./runs
  alc-runs --task simulate      those of one task
  alc-runs --failed             what failed and why; exit code 1 if anything did
  alc-runs --runs /data/runs    another folder
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Console script: exit code 0, with ``--failed`` 1 if there is a failed run, 2 for arguments that are refused."""
    parser = argparse.ArgumentParser(
        prog="alc-runs", description=__doc__, epilog=_EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=Path, default=Path("runs"), metavar="FOLDER", help="default: runs")
    parser.add_argument("--task", help="only the runs of one task: train, rank, simulate")
    parser.add_argument("--failed", action="store_true", help="only failed runs, with the first line of their error")
    args = parser.parse_args(arguments)
    sys.exit(_show(args.runs, args.task, failed_only=args.failed))


def _show(root: Path, task: str | None, *, failed_only: bool) -> int:
    if root.exists() and not root.is_dir():
        print(f"alc-runs: {root} is a file. Allowed: a folder of runs. Type --runs FOLDER.", file=sys.stderr)
        return 2
    records = find_runs(root) if root.is_dir() else []
    if not records:
        print(f"No runs in {root.absolute()}. Type alc-simulate to make one, or --runs FOLDER to look elsewhere.")
        return 0
    tasks = sorted({record.task for record in records})
    if task is not None and task not in tasks:
        hint = did_you_mean(task, tasks)
        print(f"No runs of task {task!r} in {root}, only of {', '.join(tasks)}. {hint or ''}".rstrip(), file=sys.stderr)
        return 2
    chosen = [record for record in records if task in {None, record.task}]
    if failed_only:
        chosen = [record for record in chosen if record.status == "failed"]
    if not chosen:
        print(f"No failed runs in {root}.")
        return 0
    for line in _table(chosen):
        print(line)
    return int(failed_only)


def _table(records: list[RunRecord]) -> list[str]:
    rows = [("id", "task", "name", "status", "date", "headline")]
    rows += [(run.run_id, run.task, run.name, run.status, run.date, _headline(run)) for run in records]
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row[:5], widths, strict=True)]
        lines.append("  ".join([*cells, row[5]]).rstrip())
    return lines


def _headline(run: RunRecord) -> str:
    if run.note:
        return run.note
    numbers = ((key, f"{value:.4g}" if isinstance(value, float) else str(value)) for key, value in run.headline.items())
    return "  ".join(f"{key}={value}" for key, value in numbers)


if __name__ == "__main__":
    main()

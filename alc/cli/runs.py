"""``alc-runs``: the runs of a folder with their names, dates and headline numbers."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from alc.errors import did_you_mean
from alc.runs.index import failures, find_runs, headline_text

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
    parser.add_argument("--task", help="only the runs of one task, e.g. train, simulate, clean")
    parser.add_argument("--failed", action="store_true", help="only what failed: overrides and error of each")
    args = parser.parse_args(arguments)
    sys.exit(_show(args.runs, args.task, failed_only=args.failed))


def _show(root: Path, task: str | None, *, failed_only: bool) -> int:
    if root.exists() and not root.is_dir():
        print(f"alc-runs: {root} is a file. Allowed: a folder of runs. Type --runs FOLDER.", file=sys.stderr)
        return 2
    records = find_runs(root) if root.is_dir() else []
    if failed_only:
        return _show_failed(root, task)
    if not records:
        print(f"No runs in {root.absolute()}. Type alc-simulate to make one, or --runs FOLDER to look elsewhere.")
        return 0
    tasks = sorted({record.task for record in records})
    if task is not None and task not in tasks:
        hint = did_you_mean(task, tasks)
        print(f"No runs of task {task!r} in {root}, only of {', '.join(tasks)}. {hint or ''}".rstrip(), file=sys.stderr)
        return 2
    chosen = [record for record in records if task in {None, record.task}]
    rows = [
        (run.run_id, run.task, run.name, run.status, run.date, run.note or headline_text(run.headline))
        for run in chosen
    ]
    _print([("id", "task", "name", "status", "date", "headline"), *rows])
    return 0


def _show_failed(root: Path, task: str | None) -> int:
    """Failed runs, and jobs of sweeps that failed before they came to a run."""
    found = [record for record in failures(root) if task in {None, record.task}] if root.is_dir() else []
    if not found:
        print(f"No failed runs in {root}.")
        return 0
    rows = [(run.run_id or "-", run.task, run.name, run.date, run.overrides, run.note) for run in found]
    _print([("id", "task", "name", "date", "overrides", "error"), *rows])
    return 1


def _print(rows: Sequence[tuple[str, ...]]) -> None:
    """Columns as wide as their widest cell, but for the last."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)][:-1]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        print("  ".join([*cells, row[-1]]).rstrip())


if __name__ == "__main__":
    main()

"""Runs that a config names: by id, or by the name a user has given."""

import re
from collections.abc import Sequence
from pathlib import Path

__all__ = ["named_runs", "names_of_runs"]


def named_runs(runs: Path, wanted: object, tasks: Sequence[str]) -> list[Path]:
    """Directories of these tasks' runs of that id, then of any run of that name; whether they exist is not asked.

    An id such as 12345e6789, which the command line takes for a number, is found too.
    """
    if isinstance(wanted, float):
        numbers = [run for task in tasks for run in (runs / task).glob("*e*") if re.fullmatch(r"\d+e\d+", run.name)]
        return [run for run in numbers if float(run.name) == wanted]
    name = str(wanted)
    return [*(runs / task / name for task in tasks), runs / name] if re.fullmatch(r"\w[\w.-]*", name) else []


def names_of_runs(runs: Path, tasks: Sequence[str]) -> list[str]:
    """Ids of these tasks' runs and all names, for a user who has mistyped one."""
    ids = [run.name for task in tasks for run in (runs / task).glob("*") if run.is_dir()]
    return ids + [link.name for link in runs.glob("*") if link.is_symlink()]

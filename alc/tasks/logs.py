"""What trainings log: a folder per start while they run, one table in the end."""

from pathlib import Path

from alc.atomic import atomic_path

__all__ = ["fresh", "join_metrics"]


def fresh(directory: Path) -> Path:
    """A folder of its own for the log of this start: what an earlier, interrupted start has logged stays."""
    starts = len(list(directory.glob("start_*")))
    return directory / f"start_{starts}"


def join_metrics(states: Path, target: Path) -> list[str]:
    """The metrics of all trainings of a run in one table, the training's name first; [] where none were logged.

    Epochs that a later start repeated count once, as they were repeated.
    """
    import pandas as pd

    files = sorted(states.glob("*/start_*/metrics.csv"), key=lambda file: (file.parts[-3], file.stat().st_mtime_ns))
    tables = [pd.read_csv(file).assign(training=file.parts[-3]) for file in files if file.stat().st_size]
    if not tables:
        return []
    table = pd.concat(tables, ignore_index=True).drop_duplicates(["training", "epoch", "step"], keep="last")
    with atomic_path(target) as temporary:
        table[["training", *table.columns.drop("training")]].to_csv(temporary, index=False)
    return [target.name]

"""Many simulations as one table, a row for each selector."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from alc.notebook import summary_table
from alc.runs.table import RunRow, run_rows

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["read_simulations", "simulations_table"]


def read_simulations(where: Path | str) -> "pd.DataFrame":
    """One row per finished simulation and selector: what the simulations differ in, and the numbers of the selector.

    Args:
        where: A folder of runs (``runs``), or that of a sweep (``runs/multirun/latest``).

    Returns:
        ``job`` (of a sweep), ``run``, the settings of :func:`alc.runs.table.read_runs` (which selectors were simulated
        together is ``selectors``), ``selector``, and the columns of :func:`alc.notebook.summary_table`: area, final
        accuracy, annotations and saving per level.  Empty where no simulation is finished.
    """
    return simulations_table(run_rows(where, "simulate"))


def simulations_table(rows: Iterable[RunRow]) -> "pd.DataFrame":
    """Those of the rows that are finished simulations, see :func:`read_simulations`."""
    import pandas as pd

    tables = []
    for row in rows:
        if row.manifest is None or row.path is None or row.path.parent.name != "simulate":
            continue
        table = summary_table(json.loads((row.path / "summary.json").read_text(encoding="utf-8"))).reset_index()
        settings = {key if key != "selector" else "selectors": value for key, value in row.settings.items()}
        before = {**({"job": row.job.number} if row.job else {}), "run": f"simulate/{row.path.name}", **settings}
        for place, (key, value) in enumerate(before.items()):
            table.insert(place, key, pd.Series([value] * len(table)))
        tables.append(table)
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()

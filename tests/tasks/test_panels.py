"""The curves of a sweep, sorted into panels."""

from pathlib import Path

import pandas as pd

from alc.runs.table import RunRow
from alc.tasks.panels import panels_of


def point(folder: Path, number: int, settings: dict[str, object], **curves: list[float]) -> RunRow:
    """A finished simulation with these label accuracies per selector, on two annotator panels."""
    path = folder / str(number)
    path.mkdir()
    parts = [
        pd.DataFrame(
            {
                "selector": selector,
                "annotations": range(len(values)),
                "metric": metric,
                "mean": values,
                "low": values,
                "high": values,
                "seeds": 2,
            }
        )
        for selector, values in curves.items()
        for metric in ("label_accuracy", "remaining_clear")
    ]
    pd.concat(parts).to_csv(path / "curves.csv", index=False)
    return RunRow(path, "done", settings, "", None)


def test_points_that_differ_by_seeds_become_one_line(tmp_path: Path) -> None:
    rows = [
        point(tmp_path, 0, {"noise.rate": 0.1, "seed": 0}, joint=[0.5, 0.7, 0.9], random=[0.5, 0.5, 0.6]),
        point(tmp_path, 1, {"noise.rate": 0.1, "seed": 1}, joint=[0.7, 0.8], random=[0.7, 0.7]),
        point(tmp_path, 2, {"noise.rate": 0.2, "seed": 0}, joint=[0.1, 0.2]),
    ]
    panels, most = panels_of(rows)
    assert most == 2
    assert list(panels) == ["noise.rate = 0.1", "noise.rate = 0.2"]
    first = panels["noise.rate = 0.1"].query("selector == 'joint'")
    assert set(first["metric"]) == {"label_accuracy"}
    assert first["mean"].tolist() == [0.6, 0.75]  # as long as the shortest
    assert first["low"].tolist() == [0.5, 0.7]
    assert first["high"].tolist() == [0.7, 0.8]
    assert first["seeds"].tolist() == [4, 4]
    assert panels["noise.rate = 0.2"]["mean"].tolist() == [0.1, 0.2]


def test_what_stands_beside_every_selector_counts_once(tmp_path: Path) -> None:
    rows = [
        point(tmp_path, 0, {"selector": "joint"}, joint=[0.5, 0.9], random=[0.5, 0.6]),
        point(tmp_path, 1, {"selector": "entropy"}, entropy=[0.5, 0.8], random=[0.5, 0.6]),
    ]
    panels, most = panels_of(rows)
    assert most == 1
    (table,) = panels.values()
    assert list(panels) == ["all points"]
    assert table.query("selector == 'random'")["seeds"].tolist() == [2, 2]
    assert set(table["selector"]) == {"joint", "entropy", "random"}

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alc.tracking.curves import curve_rows, simulation_numbers, thinned


@settings(max_examples=50)
@given(last=st.integers(0, 100_000), points=st.integers(2, 600))
def test_thinning_keeps_both_ends_and_the_limit(last: int, points: int) -> None:
    kept = thinned(last, points)
    assert len(kept) == min(points, last + 1)
    assert (kept[0], kept[-1]) == (0, last)
    assert len(kept) < 2 or np.ptp(np.diff(kept)) <= 1


def test_rows_hold_all_selectors_at_the_same_spend() -> None:
    grid = np.arange(101)
    parts = [
        pd.DataFrame({"selector": name, "annotations": grid, "metric": metric, "mean": grid * slope})
        for metric in ("label_accuracy", "remaining_clear")
        for name, slope in (("random", 1.0), ("joint", 2.0))
    ]
    short = pd.DataFrame({"selector": "early", "annotations": [0, 10], "metric": "label_accuracy", "mean": [5.0, 6.0]})
    rows = list(curve_rows(pd.concat([*parts, short]), 11))
    assert [row["annotations"] for row in rows] == list(range(0, 101, 10))
    assert rows[3]["cleaning/label_accuracy/joint"] == 60
    assert rows[3]["cleaning/remaining_clear/random"] == 30
    assert [row.get("cleaning/label_accuracy/early") for row in rows[:3]] == [5, 6, None]


@pytest.mark.parametrize("noise", [None, {"realised": 0.2}])
def test_numbers_of_a_summary(noise: dict[str, float] | None) -> None:
    entry = {
        "area": {"mean": 0.9},
        "final_accuracy": {"mean": 0.95},
        "relabels_to": {"0.9": {"median": 12.0}, "0.975": {"median": None}},
        "saving_vs_random": {"0.9": {"median": 3.0}, "0.975": {"median": None}},
    }
    numbers = simulation_numbers({"selectors": {"joint": entry}, "noise": noise})
    assert numbers["cleaning/area/joint"] == 0.9
    assert numbers["cleaning/annotations_to_90/joint"] == 12
    assert numbers["cleaning/saving_to_97.5/joint"] is None
    assert numbers.get("noise/realised_rate") == (0.2 if noise else None)

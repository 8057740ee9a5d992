"""Paired differences against SciPy and against what a hierarchy must do to an interval; standings."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from alc.errors import InputError
from alc.leaderboard.paired import hierarchical_difference, t_difference
from alc.leaderboard.standings import SETTING, difference_to, standings


def test_student_is_scipys() -> None:
    values = np.random.default_rng(0).normal(0.01, 0.02, size=7)
    found = t_difference(values)
    low, high = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert (found.mean, found.low, found.high) == pytest.approx((values.mean(), low, high))
    assert np.isnan(t_difference(np.array([0.1])).low)
    with pytest.raises(InputError, match="same seeds"):
        t_difference(np.array([]))


def test_panels_of_one_draw_are_no_independent_evidence() -> None:
    rng = np.random.default_rng(1)
    noise, training = np.repeat(np.arange(5), 20), np.tile(np.repeat([0, 1], 10), 5)
    by_draw = np.repeat(rng.normal(0, 1, size=5), 20) + rng.normal(0, 0.01, size=100)
    hierarchical = hierarchical_difference(by_draw, noise, training, rng=rng)
    flat = t_difference(by_draw)
    assert hierarchical.mean == pytest.approx(flat.mean)
    assert hierarchical.high - hierarchical.low > 2 * (flat.high - flat.low)
    independent = hierarchical_difference(rng.normal(0, 1, size=100), np.arange(100), np.zeros(100, dtype=int), rng=rng)
    assert independent.high - independent.low == pytest.approx(2 * 1.96 / 10, rel=0.35)


def tables(noise_seeds: list[int]) -> tuple[pd.DataFrame, pd.DataFrame]:
    setting = dict.fromkeys(SETTING, "x") | {"temperature": None}
    results, panels = [], []
    for noise in noise_seeds:
        for name, area in (("random", 0.8), ("ceiling", 0.95), ("good", 0.92), ("better", 0.93)):
            seeds = {"noise_seed": noise, "train_seed": 0}
            row = {"selector": name, "area": area, "efficiency": 0.5, "start_accuracy": 0.8, "relabels_90": 10.0}
            results.append(setting | seeds | row | {"annotator_seeds": "0-2"})
            panels += [
                setting | seeds | {"selector": name, "annotator_seed": seed, "area": area + 0.001 * seed + 0.01 * noise}
                for seed in range(3)
            ]
    return pd.DataFrame(results), pd.DataFrame(panels)


@pytest.mark.parametrize("noise_seeds", [[0], [0, 1, 2]])
def test_differences_pair_noise_training_and_panel(noise_seeds: list[int]) -> None:
    _, panels = tables(noise_seeds)
    found = difference_to(panels, "good", "better", rng=np.random.default_rng(0))
    assert (found.mean, found.low, found.high) == pytest.approx((-0.01, -0.01, -0.01))
    assert found.pairs == 3 * len(noise_seeds)


def test_standings_put_the_best_first_and_name_no_bound_best() -> None:
    text = list(standings(*tables([0, 1])))
    table = text[-1]
    assert "area - better" in table
    order = [line.split()[0] for line in table.splitlines() if line[:1].isalpha() and "selector" not in line]
    assert order == ["ceiling", "better", "good", "random"]
    assert "2 trainings" in text[-2]

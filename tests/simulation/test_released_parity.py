"""Exact agreement with three runs of the released simulator (N = 1000, simulation seed 1, budget 900)."""

from pathlib import Path

import numpy as np
import pytest

from alc.adjudication import UntilMajority
from alc.annotators.sequential import SequentialAnnotator
from alc.labels import LabelCounts
from alc.posteriors import Posteriors
from alc.selection import scores
from alc.selection.selector import Selector
from alc.simulation.budget import Budget
from alc.simulation.replay import Reference, replay
from alc.simulation.simulator import simulate_order

FIXTURE = Path(__file__).parents[1] / "fixtures" / "simulation_n1000.npz"


@pytest.mark.parametrize(
    ("name", "score", "requests", "spent", "accuracy", "remaining"),
    [
        ("ce", scores.cross_entropy, 532, 901, 0.984, (1, 15)),
        ("joint", scores.joint_released, 568, 901, 0.977, (3, 20)),
        ("bald", scores.bald, 556, 902, 0.971, (17, 12)),
    ],
)
def test_selection_answers_and_curves_equal_the_released_run(
    name: str, score: scores.Score, requests: int, spent: int, accuracy: float, remaining: tuple[int, int]
) -> None:
    with np.load(FIXTURE) as file:
        data = {key: file[key] for key in file.files}
    counts = LabelCounts(data["label_counts"])
    initial = LabelCounts.from_labels(data["initial_labels"], 10)
    posteriors = Posteriors(data["all_posteriors"], np.arange(1000))
    if name != "bald":
        posteriors = Posteriors.single(data["posteriors"])
    order = Selector(score).rank(posteriors, initial, rng=np.random.default_rng(0))
    trajectory = simulate_order(
        order,
        initial,
        SequentialAnnotator(counts.distribution, np.arange(1000), int(data["simulation_seed"])),
        budget=int(data["budget"]),
        rule=Budget("released", int(data["budget"])),
        adjudication=UntilMajority(),
    )
    selected = trajectory.row[trajectory.draw == 0]
    np.testing.assert_array_equal(selected, data[f"{name}_selected"])
    closed = np.flatnonzero(trajectory.resolved)
    np.testing.assert_array_equal(np.diff(closed, prepend=-1), data[f"{name}_fetches"])
    np.testing.assert_array_equal(trajectory.final_counts(initial.counts), data[f"{name}_final_counts"])
    curves = replay(trajectory, initial.counts, Reference.of(counts.distribution, counts.majority))
    np.testing.assert_allclose(100 * curves.label_accuracy[closed + 1], data[f"{name}_accuracy"], atol=1e-9)
    np.testing.assert_allclose(curves.total_variation[closed + 1], data[f"{name}_avg_total_variation"], atol=1e-12)
    assert (len(selected), trajectory.spent) == (requests, spent)
    assert curves.label_accuracy[-1] == pytest.approx(accuracy, abs=1e-12)
    assert (curves.remaining_clear[-1], curves.remaining_ambiguous[-1]) == remaining

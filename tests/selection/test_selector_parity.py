"""The released simulator's runs of 1000 samples: its order is the falling order of the initial scores."""

from pathlib import Path

import numpy as np
import pytest

from alc.labels import LabelCounts
from alc.posteriors import Posteriors
from alc.selection import scores
from alc.selection.scores import Score
from alc.selection.selector import Selector

RELEASED = Path(__file__).parents[1] / "fixtures" / "simulation_n1000.npz"


@pytest.mark.parametrize(
    ("name", "score", "requests"),
    [("ce", scores.cross_entropy, 532), ("joint", scores.joint_released, 568), ("bald", scores.bald, 556)],
)
@pytest.mark.parametrize("from_labels", [True, False])
def test_rank_matches_the_released_order(name: str, score: Score, requests: int, from_labels: bool) -> None:
    with np.load(RELEASED) as file:
        probs = file["all_posteriors"] if name == "bald" else file["posteriors"][None]
        labels, selected = file["initial_labels"], file[f"{name}_selected"]
    counts = LabelCounts.from_labels(labels, 10)
    if not from_labels:  # the way through votes rather than through single labels
        counts = LabelCounts(counts.counts.copy())
    rows = Selector(score).rank(Posteriors(probs, np.arange(1000)), counts, rng=np.random.default_rng(0))
    assert len(selected) == requests
    np.testing.assert_array_equal(rows[:requests], selected)

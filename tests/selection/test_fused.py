"""Scores of the fused state: by hand, and the expected gain against brute-force simulation."""

import numpy as np
import pytest

from alc.consensus.fused_state import FusedState
from alc.consensus.posterior_fusion import PosteriorFusion
from alc.consensus.vote_law import VoteLaw
from alc.consensus.vote_law_fit import Votes
from alc.errors import InputError
from alc.labels import LabelCounts
from alc.posteriors import Posteriors
from alc.selection.fused import FusedSelector, expected_gain, least_fused_confidence

NOBODY = np.empty(0, dtype=np.int64)
LAW = VoteLaw(1.0, -1.0, 2.0, (0.9, 0.55), (0.8, 0.45), 0.3)


@pytest.fixture
def state() -> FusedState:
    probs = np.array([[0.5, 0.3, 0.2], [0.05, 0.9, 0.05], [0.34, 0.33, 0.33]])
    return FusedState.of(LAW, probs, Votes(np.array([1, 1, 0]), NOBODY, NOBODY), 0.02)


def test_least_fused_confidence(state: FusedState) -> None:
    assert least_fused_confidence(state, state.label) == pytest.approx(1 - state.belief.max(axis=1))
    assert least_fused_confidence(state, np.array([0, 0, 0])) == pytest.approx(1 - state.belief[:, 0])


@pytest.mark.parametrize("answers", [1, 2, 3])
def test_expected_gain_is_what_simulation_gives(state: FusedState, answers: int) -> None:
    """Class and level are drawn from what is believed, votes from the law; then the votes are fused again."""
    rng, times = np.random.default_rng(0), 40_000
    reached = []
    for row in range(3):
        joint = np.exp(state.log_joint[row] - state.log_joint[row].max())
        joint /= joint.sum()
        drawn = rng.choice(joint.size, size=times, p=joint.ravel())
        level, truth = drawn // 3, drawn % 3
        many = state.copy_of(np.full(times, row))
        votes = np.empty((times, answers), dtype=np.int64)
        chance = np.stack(
            [np.exp(LAW.log_likelihood(many.pi, np.full(times, vote), is_given=False)) for vote in range(3)], axis=1
        )[np.arange(times), :, level, truth]
        for k in range(answers):
            votes[:, k] = (chance.cumsum(axis=1) < rng.random((times, 1))).sum(axis=1).clip(max=2)
            many.answer(np.arange(times), votes[:, k])
        reached.append((many.label == truth).mean())
    held = np.array([0, 1, 2])
    now = state.belief[np.arange(3), held]
    single = [(expected_gain(state, held, depth=depth, classes=3) * 1.0) for depth in range(1, answers + 1)]
    simulated = (np.array(reached) - now) / answers
    assert (single[-1] >= simulated - 0.006).all()  # the best depth is at least as good as exactly this one
    if answers == 1:
        assert single[0] == pytest.approx(np.maximum(simulated, 0), abs=0.006)


def test_a_settled_sample_gains_nothing_and_looking_further_never_less(state: FusedState) -> None:
    for _ in range(8):
        state.answer(np.array([1]), np.array([1]))
    gains = [expected_gain(state, state.label, depth=depth, classes=3) for depth in (1, 2, 3)]
    assert gains[0][1] == pytest.approx(0, abs=1e-4)
    assert (gains[1] >= gains[0] - 1e-12).all()
    assert (gains[2] >= gains[1] - 1e-12).all()
    assert gains[2][0] > gains[2][1]


def test_few_classes_give_a_lower_bound(state: FusedState) -> None:
    few, all_of_them = (expected_gain(state, state.label, classes=classes) for classes in (2, 3))
    assert (few <= all_of_them + 1e-12).all()
    assert few == pytest.approx(all_of_them, abs=0.06)


@pytest.mark.parametrize("wrong", [{"depth": 0}, {"classes": 1}])
def test_bad_settings(state: FusedState, wrong: dict[str, int]) -> None:
    with pytest.raises(InputError, match=f"{next(iter(wrong))}="):
        expected_gain(state, state.label, **wrong)


def test_a_fused_selector_ranks_doubted_labels_first_and_wants_unseen_posteriors() -> None:
    probs = np.array([[0.95, 0.05], [0.05, 0.95], [0.6, 0.4]])
    counts = LabelCounts.from_labels(np.array([1, 1, 0]), 2)
    selector = FusedSelector(least_fused_confidence, PosteriorFusion(estimate="fixed"))
    scores = selector.scores(Posteriors(probs[None], np.arange(3), "cross_fit"), counts)
    assert scores.argmax() == 0
    assert scores.argmin() == 1
    with pytest.raises(InputError, match="posteriors=cross_fit"):
        selector.scores(Posteriors(probs[None], np.arange(3), "in_sample"), counts)

"""The vote law against hand-worked numbers, and its estimate against brute force and a known truth."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alc.arrays import FloatArray, IntArray
from alc.consensus.fused_state import FusedState, marginal
from alc.consensus.vote_law import VoteLaw, tempered
from alc.consensus.vote_law_fit import Votes, fit_vote_law, log_joint, vote_log_likelihood

LAW = VoteLaw(1.0, -1.0, 2.0, (0.9, 0.5), (0.8, 0.4), 0.25)


def test_tempered_by_hand() -> None:
    assert tempered(np.array([[0.9, 0.1]]), 2.0, 0.0) == pytest.approx(np.array([[0.75, 0.25]]))
    once = 0.96 * np.array([[0.97, 0.01, 0.01, 0.01]]) + 0.01
    assert tempered(np.array([[1.0, 0.0, 0.0, 0.0]]), 1.0, 0.04) == pytest.approx(once)


def test_likelihood_of_a_vote_by_hand() -> None:
    pi = np.array([[0.5, 0.3, 0.2]])
    chance = np.exp(LAW.log_likelihood(pi, np.array([1]), is_given=False))[0]
    assert chance[:, 1] == pytest.approx([0.9, 0.5])
    # true class 0: the vote for 1 is drawn from 0.3 / 0.5 of what is left, or evenly from two
    assert chance[:, 0] == pytest.approx(np.array([0.1, 0.5]) * (0.75 * 0.6 + 0.25 / 2))
    assert chance[:, 2] == pytest.approx(np.array([0.1, 0.5]) * (0.75 * 0.3 / 0.8 + 0.25 / 2))
    given_label = np.exp(LAW.log_likelihood(pi, np.array([1]), is_given=True))[0]
    assert given_label[:, 1] == pytest.approx([0.8, 0.4])


@given(st.integers(2, 6), st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_chances_sum_to_one(num_classes: int, seed: int) -> None:
    pi = np.random.default_rng(seed).dirichlet(np.ones(num_classes), size=4)
    pi = 0.9 * pi + 0.1 / num_classes
    total = sum(np.exp(LAW.log_likelihood(pi, np.full(4, vote), is_given=False)) for vote in range(num_classes))
    assert total == pytest.approx(np.ones((4, 2, num_classes)))
    assert np.exp(LAW.prior(pi)).sum(axis=(1, 2)) == pytest.approx(np.ones(4))


def test_the_vector_of_a_law_gives_it_back() -> None:
    back = VoteLaw.of(LAW.vector())
    assert back.vector() == pytest.approx(LAW.vector())
    assert back.reliability == pytest.approx(LAW.reliability)


def brute_force(law: VoteLaw, probs: FloatArray, votes: Votes, floor: float) -> FloatArray:
    """P(class | votes) and their chance, by loops over samples, levels, classes and votes."""
    pi = tempered(probs, law.temperature, floor)
    num_samples, num_classes = pi.shape
    joint = np.zeros((num_samples, num_classes))
    for i in range(num_samples):
        entropy = -sum(p * np.log(p) for p in pi[i]) / np.log(num_classes)
        ambiguous = 1 / (1 + np.exp(-(law.intercept + law.slope * entropy)))
        for level, share in enumerate((1 - ambiguous, ambiguous)):
            for c in range(num_classes):
                chance = share * pi[i, c]
                said = [(int(votes.given[i]), law.given[level])]
                said += [
                    (int(v), law.reliability[level]) for r, v in zip(votes.row, votes.answer, strict=True) if r == i
                ]
                for vote, right in said:
                    wrong = (1 - law.spread) * pi[i, vote] / (1 - pi[i, c]) + law.spread / (num_classes - 1)
                    chance *= right if vote == c else (1 - right) * min(wrong, 1)
                joint[i, c] += chance
    return joint


@pytest.fixture
def small() -> tuple[FloatArray, Votes]:
    rng = np.random.default_rng(3)
    probs = rng.dirichlet(np.ones(3), size=5)
    return probs, Votes(rng.integers(3, size=5), np.array([0, 0, 3, 4, 0]), np.array([1, 1, 2, 0, 2]))


def test_joint_equals_brute_force(small: tuple[FloatArray, Votes]) -> None:
    probs, votes = small
    expected = brute_force(LAW, probs, votes, 0.05)
    joint, _ = log_joint(LAW, probs, votes, 0.05)
    assert np.exp(joint).sum(axis=1) == pytest.approx(expected)
    assert marginal(joint) == pytest.approx(expected / expected.sum(axis=1, keepdims=True))
    assert vote_log_likelihood(LAW, probs, votes, 0.05) == pytest.approx(np.log(expected.sum(axis=1)))


def test_answers_one_by_one_are_answers_at_once(small: tuple[FloatArray, Votes]) -> None:
    probs, votes = small
    at_once = FusedState.of(LAW, probs, votes, 0.05)
    nobody = np.empty(0, dtype=np.int64)
    state = FusedState.of(LAW, probs, Votes(votes.given, nobody, nobody), 0.05)
    for row, answer in zip(votes.row[::-1], votes.answer[::-1], strict=True):
        state.answer(np.array([row]), np.array([answer]))
    assert state.belief == pytest.approx(at_once.belief)
    assert state.label.tolist() == at_once.belief.argmax(axis=1).tolist()
    part = state.copy_of(np.array([3, 3]))
    part.answer(np.array([0]), np.array([1]))
    assert state.belief == pytest.approx(at_once.belief)  # a copy is a copy
    assert part.belief[0] != pytest.approx(part.belief[1])


def test_a_second_equal_vote_says_less_than_the_first() -> None:
    """Levels are summed over, so two people who err alike are no two independent witnesses."""
    probs, nobody = np.array([[0.55, 0.45]]), np.empty(0, dtype=np.int64)
    law = VoteLaw(1.0, -1.0, 4.0, (0.98, 0.55), (0.8, 0.5), 0.3)
    odds = []
    state = FusedState.of(law, probs, Votes(np.array([0]), nobody, nobody), 0.01)
    for _ in range(3):
        odds.append(np.log(state.belief[0, 1] / state.belief[0, 0]))
        state.answer(np.array([0]), np.array([1]))
    first = np.log(law.reliability[0] / (1 - law.reliability[0]))
    assert odds[1] - odds[0] < first  # what an independent vote of a clear image would be worth


def test_the_estimate_finds_the_law_the_votes_were_drawn_from() -> None:
    rng = np.random.default_rng(0)
    num_samples, num_classes = 3000, 4
    sharp = rng.dirichlet(np.full(num_classes, 0.3), size=num_samples)
    truth_law = VoteLaw(0.6, -2.0, 3.0, (0.95, 0.6), (0.85, 0.5), 0.3)
    pi = tempered(sharp, truth_law.temperature, 0.01)
    truth = (pi.cumsum(axis=1) < rng.random((num_samples, 1))).sum(axis=1)
    entropy = -(pi * np.log(pi)).sum(axis=1) / np.log(num_classes)
    level = (rng.random(num_samples) < 1 / (1 + np.exp(-(-2.0 + 3.0 * entropy)))).astype(int)

    def vote(reliability: tuple[float, float], rows: IntArray) -> IntArray:
        right = rng.random(len(rows)) < np.array(reliability)[level[rows]]
        others = pi[rows].copy()
        others[np.arange(len(rows)), truth[rows]] = 0
        even = np.ones_like(others)
        even[np.arange(len(rows)), truth[rows]] = 0
        law = 0.7 * others / others.sum(axis=1, keepdims=True) + 0.3 * even / (num_classes - 1)
        wrong = (law.cumsum(axis=1) < rng.random((len(rows), 1))).sum(axis=1)
        return np.asarray(np.where(right, truth[rows], wrong))

    everybody = np.arange(num_samples)
    asked = np.concatenate([everybody, everybody, everybody])
    votes = Votes(vote(truth_law.given, everybody), asked, vote(truth_law.reliability, asked))
    start = VoteLaw(1.0, -3.0, 4.0, (0.9, 0.65), (0.9, 0.6), 0.3)
    found = fit_vote_law(sharp, votes, start, floor=0.01)
    assert found.temperature == pytest.approx(0.6, abs=0.1)
    assert found.reliability[0] == pytest.approx(0.95, abs=0.03)
    assert found.given[0] == pytest.approx(0.85, abs=0.05)
    state = FusedState.of(found, sharp, votes, 0.01)
    assert (state.label == truth).mean() == pytest.approx(state.confidence.mean(), abs=0.015)


def test_without_answers_only_the_temperature_moves() -> None:
    rng = np.random.default_rng(7)
    probs, nobody = rng.dirichlet(np.ones(4), size=3000), np.empty(0, dtype=np.int64)
    expected = replace(LAW, intercept=-6.0, slope=0.0, given=(0.95, 0.5))
    for temperature in (0.5, 2.0):
        pi = tempered(probs, temperature, 0.01)
        label = (pi.cumsum(axis=1) < rng.random((3000, 1))).sum(axis=1).clip(max=3)
        found = fit_vote_law(probs, Votes(label, nobody, nobody), expected, floor=0.01)
        assert found.temperature == pytest.approx(temperature, rel=0.25)
        assert replace(found, temperature=1.0) == expected


def test_the_estimate_does_not_depend_on_who_was_asked() -> None:
    """Asking where the model and the label disagree is as good as asking at random: the choice drops out."""
    rng = np.random.default_rng(4)
    probs = rng.dirichlet(np.full(3, 0.4), size=6000)
    truth = (probs.cumsum(axis=1) < rng.random((6000, 1))).sum(axis=1).clip(max=2)

    def vote(reliability: float) -> IntArray:
        wrong = (truth + rng.integers(1, 3, size=6000)) % 3
        return np.asarray(np.where(rng.random(6000) < reliability, truth, wrong))

    label, answer = vote(0.8), vote(0.9)
    expected = VoteLaw(1.0, -4.0, 1.0, (0.95, 0.65), (0.87, 0.6), 0.9)
    doubted = np.argsort(probs[np.arange(6000), label])[:1500]
    anybody = rng.choice(6000, 1500, replace=False)
    for rows in (doubted, anybody):
        law = fit_vote_law(probs, Votes(label, rows, answer[rows]), expected, floor=0.01)
        state = FusedState.of(law, probs, Votes(label, rows, answer[rows]), 0.01)
        assert state.confidence.mean() == pytest.approx((state.label == truth).mean(), abs=0.02)

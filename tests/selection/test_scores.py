from functools import partial

import numpy as np
import pytest
from cleanlab.internal.label_quality_utils import get_normalized_entropy
from cleanlab.rank import get_label_quality_scores
from hypothesis import given, settings
from hypothesis import strategies as st

from alc.arrays import FloatArray
from alc.errors import InputError
from alc.labels import LabelCounts
from alc.posteriors import Posteriors
from alc.selection import scores
from alc.selection.scores import Score

SINGLE_MEMBER: dict[str, Score] = {
    "cross_entropy": scores.cross_entropy,
    "joint": scores.joint,
    "joint_released": scores.joint_released,
    "self_confidence": scores.self_confidence,
    "normalized_margin": scores.normalized_margin,
    "entropy": scores.entropy,
}
EVERY = SINGLE_MEMBER | {"bald": scores.bald}
LABEL_AWARE = [name for name in SINGLE_MEMBER if name != "entropy"]


def problem(
    num_samples: int = 200, num_classes: int = 4, num_members: int = 3, seed: int = 0
) -> tuple[Posteriors, LabelCounts]:
    rng = np.random.default_rng(seed)
    probs = rng.dirichlet(np.full(num_classes, 0.5), (num_members, num_samples))
    counts = LabelCounts.from_labels(rng.integers(0, num_classes, num_samples), num_classes)
    return Posteriors(probs, rng.permutation(num_samples) * 3), counts


def one(row: list[float], label: int) -> tuple[Posteriors, LabelCounts]:
    return Posteriors.single(np.array([row])), LabelCounts.from_labels(np.array([label]), len(row))


# Four classes, so log C is 2 bits: CE is 1 bit for class 0 and 3 bits for class 2; H is 1.75 bits.
WORKED = [0.5, 0.25, 0.125, 0.125]


@pytest.mark.parametrize(
    ("name", "label", "expected"),
    [
        ("cross_entropy", 0, 0.5),
        ("cross_entropy", 2, 1.5),
        ("joint", 0, 0.5 - 0.875),
        ("joint", 2, 1.5 - 0.875),
        ("joint_released", 0, 0.5 - (0.875 - 0.30)),
        ("joint_released", 2, 1.5 - (0.875 - 0.30)),
        ("self_confidence", 0, 0.5),
        ("self_confidence", 2, 0.875),
        ("normalized_margin", 0, (0.25 - 0.5 + 1) / 2),
        ("normalized_margin", 2, (0.5 - 0.125 + 1) / 2),
        ("entropy", 0, 0.875),
        ("entropy", 2, 0.875),
    ],
)
def test_score_of_one_row(name: str, label: int, expected: float) -> None:
    np.testing.assert_allclose(EVERY[name](*one(WORKED, label)), [expected], atol=1e-10)


def test_bald() -> None:
    agree, disagree = [0.5, 0.5], [[1.0, 0.0], [0.0, 1.0]]
    posteriors = Posteriors(np.array([[agree, disagree[0]], [agree, disagree[1]]]), np.arange(2))
    counts = LabelCounts.from_labels(np.zeros(2, dtype=int), 2)
    np.testing.assert_allclose(scores.bald(posteriors, counts), [0, 1], atol=1e-10)


def test_joint_released_has_no_penalty_below_the_margin() -> None:
    certain = one([0.97, 0.01, 0.01, 0.01], 1)
    assert scores.entropy(*certain)[0] < 0.30
    np.testing.assert_array_equal(scores.joint_released(*certain), scores.cross_entropy(*certain))


def test_joint_released_margin_bridges_joint_and_cross_entropy() -> None:
    posteriors, counts = problem()
    released = partial(scores.joint_released, posteriors, counts)
    np.testing.assert_allclose(released(margin=0.0), scores.joint(posteriors, counts), atol=1e-12)
    np.testing.assert_array_equal(released(margin=1.0), scores.cross_entropy(posteriors, counts))


@pytest.mark.parametrize("margin", [-0.1, 1.1, float("nan")])
def test_joint_released_refuses_a_margin_outside_0_to_1(margin: float) -> None:
    with pytest.raises(InputError, match="margin"):
        scores.joint_released(*problem(), margin=margin)


def test_several_votes_count_by_their_shares() -> None:
    posteriors = Posteriors.single(np.array([WORKED]))
    np.testing.assert_allclose(scores.cross_entropy(posteriors, LabelCounts(np.array([[3, 0, 1, 0]]))), [0.75])


@pytest.mark.parametrize("name", EVERY)
def test_counts_made_from_labels_and_from_an_array_agree(name: str) -> None:
    posteriors, counts = problem()
    copied = LabelCounts(counts.counts.copy())
    assert copied.only_vote is None
    np.testing.assert_allclose(EVERY[name](posteriors, counts), EVERY[name](posteriors, copied), atol=1e-12)


def test_only_vote_is_known_until_answers_come_in() -> None:
    counts = problem()[1]
    assert counts.only_vote is not None
    np.testing.assert_array_equal(counts.only_vote, counts.counts.argmax(axis=1))
    assert counts.with_answers(np.array([0]), np.array([1])).only_vote is None
    with pytest.raises(ValueError, match="read-only"):
        counts.counts[0, 0] = 2
    counts.majority[0] = 3  # a copy
    np.testing.assert_array_equal(counts.majority, counts.only_vote)


@pytest.mark.parametrize("name", LABEL_AWARE)
def test_known_order(name: str) -> None:
    """Surely wrong, doubtful, surely right."""
    posteriors = Posteriors.single(np.array([[0.98, 0.01, 0.01], [0.01, 0.98, 0.01], [0.4, 0.5, 0.1]]))
    counts = LabelCounts.from_labels(np.array([0, 0, 0]), 3)
    order = np.argsort(-SINGLE_MEMBER[name](posteriors, counts))
    np.testing.assert_array_equal(order, [1, 2, 0])


def test_joint_prefers_the_clear_error_among_equal_cross_entropies() -> None:
    posteriors = Posteriors.single(np.array([[0.1, 0.3, 0.3, 0.3], [0.1, 0.9, 0.0, 0.0]]))
    counts = LabelCounts.from_labels(np.array([0, 0]), 4)
    assert np.ptp(scores.cross_entropy(posteriors, counts)) == 0
    for score in (scores.joint, scores.joint_released):
        assert score(posteriors, counts)[1] > score(posteriors, counts)[0]


@pytest.mark.parametrize("name", ["self_confidence", "normalized_margin"])
@pytest.mark.parametrize("num_classes", [2, 5])
def test_score_matches_cleanlab(name: str, num_classes: int) -> None:
    posteriors, counts = problem(num_classes=num_classes, num_members=1)
    theirs = get_label_quality_scores(
        counts.majority, posteriors.mean, method=name, adjust_pred_probs=False
    )  # lower = worse
    np.testing.assert_allclose(EVERY[name](posteriors, counts), 1 - theirs, atol=1e-12)


def test_entropy_matches_cleanlab() -> None:
    posteriors, counts = problem(num_members=1)
    np.testing.assert_allclose(scores.entropy(posteriors, counts), get_normalized_entropy(posteriors.mean), atol=1e-9)


@pytest.mark.parametrize("name", SINGLE_MEMBER)
def test_members_are_averaged_as_probabilities(name: str) -> None:
    posteriors, counts = problem()
    mean = Posteriors.single(posteriors.probs.mean(axis=0), posteriors.sample_id)
    np.testing.assert_allclose(EVERY[name](posteriors, counts), EVERY[name](mean, counts), atol=1e-12)


@pytest.mark.parametrize("name", EVERY)
def test_scores_keep_float32(name: str) -> None:
    posteriors, counts = problem()
    small = Posteriors(posteriors.probs.astype(np.float32), posteriors.sample_id)
    before = small.probs.copy()
    values = EVERY[name](small, counts)
    assert values.dtype == np.float32
    np.testing.assert_allclose(values, EVERY[name](posteriors, counts), atol=1e-4)
    np.testing.assert_array_equal(small.probs, before)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(sorted(EVERY)), st.integers(1, 30), st.integers(2, 8), st.integers(0, 10_000))
def test_score_property(name: str, num_samples: int, num_classes: int, seed: int) -> None:
    posteriors, counts = problem(num_samples, num_classes, seed=seed)
    values = EVERY[name](posteriors, counts)
    lowest = {"joint": -1.0, "joint_released": -0.70}.get(name, 0.0)
    highest = 12 * np.log(10) / np.log(num_classes) if name in {"cross_entropy", "joint", "joint_released"} else 1.0
    assert values.shape == (num_samples,)
    assert np.isfinite(values).all()
    assert values.min() >= lowest - 1e-9
    assert values.max() <= highest + 1e-9

    rng = np.random.default_rng(seed)
    rows, classes = rng.permutation(num_samples), rng.permutation(num_classes)
    moved = Posteriors(posteriors.probs[:, rows][:, :, classes], posteriors.sample_id[rows])
    moved_counts = LabelCounts(counts.counts[rows][:, classes])
    np.testing.assert_allclose(EVERY[name](moved, moved_counts), values[rows], atol=1e-9)


def lowered(row: FloatArray, label: int, factor: float) -> FloatArray:
    """The same row with less on the label, the rest scaled up in proportion."""
    changed = row * ((1 - row[label] * factor) / (1 - row[label]))
    changed[label] = row[label] * factor
    return np.asarray(changed)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(["cross_entropy", "self_confidence", "normalized_margin"]), st.integers(0, 10_000))
def test_less_probability_of_the_label_never_lowers_the_score(name: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    row = rng.dirichlet(np.full(5, 0.5))
    pair = Posteriors.single(np.stack([row, lowered(row, 2, rng.random())]))
    before, after = EVERY[name](pair, LabelCounts.from_labels(np.array([2, 2]), 5))
    assert after >= before - 1e-12


@pytest.mark.parametrize("name", ["entropy", "bald"])
def test_label_blind_scores_ignore_the_labels(name: str) -> None:
    posteriors, counts = problem()
    other = LabelCounts.from_labels((counts.majority + 1) % 4, 4)
    np.testing.assert_array_equal(EVERY[name](posteriors, counts), EVERY[name](posteriors, other))


@pytest.mark.parametrize("name", EVERY)
def test_one_class_is_refused_with_the_ids(name: str) -> None:
    posteriors = Posteriors(np.ones((2, 3, 1)), np.array([7, 8, 9]))
    with pytest.raises(InputError, match=r"one class.*7, 8, 9"):
        EVERY[name](posteriors, LabelCounts(np.ones((3, 1), dtype=int)))


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("shape", [(199, 4), (200, 5)])
def test_counts_of_other_samples_or_classes_are_refused(name: str, shape: tuple[int, int]) -> None:
    with pytest.raises(InputError, match="200 samples and 4 classes"):
        EVERY[name](problem()[0], LabelCounts(np.ones(shape, dtype=int)))


@pytest.mark.parametrize("name", EVERY)
def test_non_finite_scores_name_the_samples(name: str) -> None:
    posteriors, counts = problem()
    posteriors.probs[:, 5] = np.nan  # written after the checks at construction
    with pytest.raises(InputError, match=rf"sample id {posteriors.sample_id[5]} \(nan\)"):
        EVERY[name](posteriors, counts)


def test_bald_of_one_member_says_what_to_use() -> None:
    with pytest.raises(InputError, match="several"):
        scores.bald(*problem(num_members=1))


def test_check_scores_accepts_whole_numbers_and_lists_at_most_five() -> None:
    ids = np.arange(10)
    assert scores.check_scores(ids % 2, ids).dtype == np.float64
    with pytest.raises(InputError, match=r"10 of 10 samples.*4 \(inf\) and 5 more"):
        scores.check_scores(np.full(10, np.inf), ids)
    with pytest.raises(InputError, match=r"shape \(9,\)"):
        scores.check_scores(np.zeros(9), ids)

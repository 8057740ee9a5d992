"""Choosing a model on noisy, cleaned and true labels."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alc.annotators.label_distribution import LabelDistributionAnnotator
from alc.arrays import FloatArray, IntArray
from alc.errors import InputError
from alc.labels import LabelCounts
from alc.metrics.predictions import METRICS
from alc.model_selection import ModelSelection, is_right, select_model, settled_after
from alc.posteriors import Posteriors
from alc.seeding import stream
from alc.selection.dynamics import DynamicsSelector, aum
from alc.selection.oracle import Oracle
from alc.selection.scores import cross_entropy, joint
from alc.selection.selector import Random, Selector
from alc.simulation.replay import Reference


def sure(predicted: list[int], num_classes: int = 2, by: float = 0.9) -> FloatArray:
    """Probabilities (N, C) of a model that is always that sure."""
    rest = (1 - by) / (num_classes - 1)
    probs = np.full((len(predicted), num_classes), rest)
    probs[np.arange(len(predicted)), predicted] = by
    return probs


def select(
    models: dict[str, FloatArray], noisy: list[list[int]] | list[IntArray], truth: list[int] | IntArray, **changes: Any
) -> ModelSelection:
    """With annotators that always give the true label."""
    num_samples, num_classes = next(iter(models.values())).shape
    distribution = np.eye(num_classes)[np.asarray(truth)]
    ids = np.arange(num_samples)
    arguments: dict[str, Any] = {
        "noisy": [np.array(labels) for labels in noisy],
        "reference": Reference.of(distribution),
        "sample_id": ids,
        "selector": Selector(cross_entropy),
        "annotator": LabelDistributionAnnotator(distribution, ids, seed=0),
        "seeds": range(len(noisy)),
    } | changes
    return select_model({name: Posteriors.single(probs) for name, probs in models.items()}, **arguments)


TRUTH = [0] * 10
NOISY = [1, 1, 1, 1, 0, 0, 0, 0, 0, 0]
MODELS = {
    "good": sure([0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),  # 9 of 10 right; agrees with 5 noisy labels
    "copies": sure([1, 1, 1, 1, 0, 0, 0, 0, 1, 1]),  # 4 right; agrees with 8 noisy ones
}
RANKER = Posteriors.single(np.stack([[1 - p, p] for p in np.arange(10) / 10 + 0.05]))  # doubts 0, 1, 2, 3, 9, 8, ...


def test_by_hand() -> None:
    found = select(MODELS, [NOISY], TRUTH, shares=(0.1, 0.2, 0.4), ranked_by=RANKER)
    assert found.labels == ("noisy", "cleaned 10%", "cleaned 20%", "cleaned 40%")
    assert found.samples == (0, 1, 2, 4)
    np.testing.assert_allclose(found.true_scores, [0.9, 0.4])
    # Each corrected label costs two answers, gives "good" a hit and takes one from "copies".
    order = [int(row) for row in Selector(cross_entropy).rank(
        RANKER, LabelCounts.from_labels(np.array(NOISY), 2), rng=stream(0, "selection"))][:4]  # fmt: skip
    labels = np.array(NOISY)
    expected = [[(MODELS[name].argmax(1) == labels).mean() for name in MODELS]]
    cost = [0]
    for row in order:
        cost.append(cost[-1] + (2 if labels[row] else 1))
        labels[row] = 0
        expected.append([(MODELS[name].argmax(1) == labels).mean() for name in MODELS])
    kept = [0, 1, 2, 4]
    np.testing.assert_allclose(found.scores[0], np.array(expected)[kept])
    assert found.annotations[0, :, 0].tolist() == [cost[k] for k in kept]
    np.testing.assert_allclose(found.scores[0, 0], [0.5, 0.8])


def test_the_relabels_until_the_right_model_stays_chosen() -> None:
    found = select(MODELS, [NOISY], TRUTH, selector=Oracle(repeats=False))
    # Wrong labels first, two answers each: 5:8, 6:7, 7:6 hits, so after the second of four corrections it is right.
    assert found.settled == (4,)
    summary = found.summary()
    assert summary["right"] == ["good"]
    assert summary["relabels_until_right"]["median"] == 4
    assert summary["labels"]["noisy"]["chosen"] == {"copies": 1}
    assert summary["labels"]["noisy"]["kendall_tau"]["mean"] == -1
    assert [summary["labels"][state]["right"] for state in found.labels] == [0, 0, 1]
    assert [summary["labels"][state]["repaired"] for state in found.labels] == [0, 0, 1]
    assert summary["labels"]["cleaned 20%"]["annotations"]["mean"] == 4


def test_a_model_that_is_right_from_the_start_needs_nothing() -> None:
    found = select({"good": sure([0] * 10), "bad": sure([1] * 10)}, [[0] * 9 + [1]], TRUTH)
    assert found.settled == (0,)
    assert found.summary()["labels"]["noisy"]["broken"] == 0


def test_annotators_who_are_wrong_can_keep_the_right_model_away() -> None:
    wrong = np.eye(2)[[1] * 10]  # they say 1 whatever the truth is
    annotator = LabelDistributionAnnotator(wrong, np.arange(10), seed=0)
    reference = Reference.of(np.eye(2)[TRUTH])
    found = select(MODELS, [NOISY], TRUTH, annotator=annotator, reference=reference, shares=(1.0,))
    assert found.settled == (None,)
    assert found.scores[0, 1].tolist() == pytest.approx([0.1, 0.6])
    assert found.summary()["relabels_until_right"]["median"] is None
    assert found.summary()["relabels_until_right"]["reached"] == 0


def test_ties() -> None:
    true = np.array([0.9, 0.8, 0.9])
    scores = np.array([[0.5, 0.4, 0.1], [0.5, 0.4, 0.5], [0.5, 0.5, 0.1], [0.1, 0.2, 0.2], [0.3, 0.3, 0.3]])
    assert is_right(scores, true).tolist() == [True, True, False, False, False]
    assert is_right(scores, np.full(3, 0.9)).all()  # all equally good: whatever is chosen is right
    assert settled_after(np.array([True, True])) == 0
    assert settled_after(np.array([True, False])) is None
    twins = select({"a": sure([0] * 10), "b": sure([0] * 10, by=0.8)}, [NOISY], TRUTH)
    summary = twins.summary()
    assert summary["right"] == ["a", "b"]
    assert [entry["place"] for entry in summary["models"].values()] == [1, 1]
    assert summary["labels"]["noisy"]["chosen"] == {"a = b": 1}
    assert summary["labels"]["noisy"]["kendall_tau"] == {"defined": 0, "mean": None, "sd": None}


def test_each_model_can_clean_its_own_labels() -> None:
    shared, own = (select(MODELS, [NOISY], TRUTH, ranked_by=by, shares=(0.4,)) for by in ("mean", "own"))
    assert (shared.label_accuracy[..., 0] == shared.label_accuracy[..., 1]).all()
    # "good" finds the four wrong labels; "copies" believes them and spends its questions on right ones.
    assert own.label_accuracy[0, 1].tolist() == pytest.approx([0.9, 0.8])
    for m, (name, probs) in enumerate(MODELS.items()):
        alone = select(MODELS, [NOISY], TRUTH, ranked_by=Posteriors.single(probs), shares=(0.4,))
        np.testing.assert_array_equal(own.scores[..., m], alone.scores[..., m], err_msg=name)
        np.testing.assert_array_equal(own.annotations[..., m], alone.annotations[..., m])


def random_problem(seed: int, num_samples: int = 40, num_classes: int = 4) -> tuple[Any, ...]:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, num_classes, num_samples)
    noisy = [
        np.where(rng.random(num_samples) < 0.4, rng.integers(0, num_classes, num_samples), truth) for _ in range(3)
    ]
    models = {}
    for name, skill in (("a", 6.0), ("b", 3.0), ("c", 1.0)):
        logits = rng.normal(size=(num_samples, num_classes)) + skill * np.eye(num_classes)[truth] / 2
        models[name] = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    people = 0.8 * np.eye(num_classes)[truth] + 0.2 / num_classes
    return truth, noisy, models, people


@pytest.mark.parametrize("metric", sorted(METRICS))
@pytest.mark.parametrize("selector", [Random(), Selector(joint)], ids=["random", "joint"])
def test_selection_matches_one_question_at_a_time(metric: str, selector: Any) -> None:
    """A loop over questions that recomputes every score from the labels of the moment."""
    truth, noisy, models, people = random_problem(0)
    ids = np.arange(len(truth))
    annotator = LabelDistributionAnnotator(people, ids, seed=9)
    found = select(
        models, noisy, truth, annotator=annotator, reference=Reference.of(people, truth),
        selector=selector, shares=(0.1, 0.5), metric=metric, seeds=[3, 4, 5],
    )  # fmt: skip
    measure, posteriors = METRICS[metric], Posteriors(np.stack(list(models.values())), ids)
    true = np.array([measure(probs, truth).sum() for probs in models.values()])
    best = int(true.argmax())
    assert (true == true[best]).sum() == 1

    def leads(labels: IntArray) -> bool:
        scores = [measure(probs, labels).sum() for probs in models.values()]
        return all(scores[best] > score for m, score in enumerate(scores) if m != best)

    for s, (seed, start) in enumerate(zip([3, 4, 5], noisy, strict=True)):
        labels, panel, right, spent = start.copy(), annotator.reseeded(seed), [], 0
        order = selector.rank(posteriors, LabelCounts.from_labels(start, 4), rng=stream(seed, "selection"))
        states = {0: (0, start.copy())}
        right.append(leads(labels))
        for asked, row in enumerate(order, start=1):
            votes = np.bincount([start[row]], minlength=4)
            for draw in range(100):
                votes[panel.ask(np.array([row]), draw, 1)[0, 0]] += 1
                spent += 1
                strict = int((votes == votes.max()).sum()) == 1
                if strict:
                    labels[row] = votes.argmax()
                right.append(leads(labels))
                if strict:
                    break
            states[asked] = (spent, labels.copy())
        for k, samples in enumerate(found.samples):
            cost, then = states[samples]
            assert found.annotations[s, k].tolist() == [cost] * 3
            np.testing.assert_allclose(
                found.scores[s, k], [measure(probs, then).mean() for probs in models.values()], atol=1e-12
            )
            np.testing.assert_allclose(found.label_accuracy[s, k], (then == truth).mean())
        wrong = np.flatnonzero(~np.array(right))
        last = int(wrong[-1]) + 1 if wrong.size else 0
        assert found.settled[s] == (last if right[-1] else None)


@given(st.integers(0, 10_000), st.permutations([0, 1, 2]))
@settings(max_examples=25)
def test_selection_property(seed: int, order: list[int]) -> None:
    truth, noisy, models, _ = random_problem(seed, num_samples=25)
    found = select(models, noisy, truth, shares=(0.2, 1.0))
    # All labels bought from annotators who never err are the true ones, and the right model is found by then.
    np.testing.assert_allclose(found.scores[:, -1], np.broadcast_to(found.true_scores, (3, 3)))
    assert found.label_accuracy[:, -1].min() == 1
    assert all(value is not None and value <= found.annotations[s, -1, 0] for s, value in enumerate(found.settled))
    assert (np.diff(found.label_accuracy, axis=1) >= 0).all()
    assert ((found.scores >= 0) & (found.scores <= 1)).all()
    # The order in which the models are named changes nothing.
    names = list(models)
    other = select({names[m]: models[names[m]] for m in order}, noisy, truth, shares=(1.0, 0.2))
    np.testing.assert_allclose(other.scores, found.scores[..., order], atol=1e-12)
    assert other.settled == found.settled


def test_models_are_joined_by_id() -> None:
    truth, noisy, models, _ = random_problem(1)
    ids = 100 + 3 * np.arange(len(truth))
    annotator = LabelDistributionAnnotator(np.eye(4)[truth], ids, seed=0)
    common: dict[str, Any] = {
        "noisy": noisy,
        "reference": Reference.of(np.eye(4)[truth]),
        "sample_id": ids,
        "selector": Selector(cross_entropy),
        "annotator": annotator,
        "seeds": [0, 1, 2],
    }
    straight = select_model({name: Posteriors.single(probs, ids) for name, probs in models.items()}, **common)
    rows = np.arange(len(ids))
    mixed = {"a": rows[::-1], "b": rows, "c": np.random.default_rng(0).permutation(rows)}
    shuffled = select_model(
        {name: Posteriors.single(models[name][by], ids[by]) for name, by in mixed.items()}, **common
    )
    np.testing.assert_array_equal(straight.scores, shuffled.scores)


def test_the_table_has_a_row_for_every_number() -> None:
    truth, noisy, models, _ = random_problem(2)
    found = select(models, noisy, truth)
    table = found.score_table()
    assert len(table) == 3 * 3 * 3 + 3
    for k, state in enumerate(found.labels):
        for s in range(3):
            rows = table[(table["labels"] == state) & (table["seed"] == s)]
            np.testing.assert_allclose(rows["score"], found.scores[s, k])
            assert rows["place"].min() == 1
    true = table[table["labels"] == "true"]
    assert true["seed"].isna().all()
    np.testing.assert_allclose(true["score"], found.true_scores)
    summary = found.summary()
    for m, name in enumerate(models):
        entry = summary["models"][name]["noisy"]
        assert entry["mean"] == pytest.approx(found.scores[:, 0, m].mean())
        assert entry["sd"] == pytest.approx(found.scores[:, 0, m].std(ddof=1))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"shares": (0.0,)}, "0.0 is no share"),
        ({"shares": (1.2,)}, "1.2 is no share"),
        ({"shares": (10,)}, "10 is no share"),
        ({"shares": ()}, "one share or more"),
        ({"shares": (0.1, 0.1)}, "all different"),
        ({"shares": (0.01,)}, "is none"),
        ({"seeds": [1, 1, 1]}, "all different"),
        ({"seeds": [1]}, "one seed for each"),
        ({"metric": "acuracy"}, "Did you mean 'accuracy'"),
        ({"selector": Oracle(repeats=True)}, "oracle_once"),
        ({"selector": DynamicsSelector(aum)}, "validation images have none"),
        ({"sample_id": np.arange(39)}, "39 ids|lack|samples"),
        ({"ranked_by": Posteriors.single(np.full((40, 3), 1 / 3))}, "3 classes"),
    ],
)
def test_what_is_refused(change: dict[str, Any], words: str) -> None:
    truth, noisy, models, _ = random_problem(3)
    with pytest.raises(InputError, match=words):
        select(models, noisy, truth, **change)


def test_models_that_can_not_be_compared() -> None:
    truth, noisy, models, _ = random_problem(4)
    with pytest.raises(InputError, match="two models or more"):
        select({"a": models["a"]}, noisy, truth)
    with pytest.raises(InputError, match="'b' has posteriors of 3 classes"):
        select({"a": models["a"], "b": np.full((40, 3), 1 / 3)}, noisy, truth)
    with pytest.raises(InputError, match="lack 10 of 40"):
        select({"a": models["a"], "b": models["b"][:30]}, noisy, truth)

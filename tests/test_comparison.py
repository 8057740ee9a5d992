"""Several selectors on the same labels and answers: what they share, what they must not, and what is refused."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from alc.adjudication import FixedAnswers, SingleAnswer, UntilMajority
from alc.annotators.label_distribution import LabelDistributionAnnotator
from alc.annotators.sequential import SequentialAnnotator
from alc.arrays import FloatArray, IntArray
from alc.comparison import Comparison, compare
from alc.dynamics import TrainingDynamics
from alc.errors import InputError
from alc.features import Features
from alc.labels import LabelCounts
from alc.posteriors import Posteriors
from alc.seeding import stream
from alc.selection import scores
from alc.selection.by_features import FeatureSelector
from alc.selection.dynamics import DynamicsSelector, aum
from alc.selection.knn import NeighbourDisagreement
from alc.selection.oracle import Oracle
from alc.selection.selector import Random, Scoring, SelectionRule, Selector
from alc.simulation.active import Session
from alc.simulation.budget import Budget
from alc.simulation.expected import expected_label_accuracy
from alc.simulation.replay import Reference, replay
from alc.simulation.simulator import simulate_order
from alc.simulation.summary import METRICS, band, stacked

N, C = 60, 4
RNG = np.random.default_rng(0)
Q = RNG.dirichlet(np.full(C, 0.2), N)
LABELS = np.where(RNG.random(N) < 0.4, RNG.integers(0, C, N), Q.argmax(axis=1))
IDS = RNG.permutation(1000)[:N]
PROBS = 0.7 * Q + 0.3 * RNG.dirichlet(np.ones(C), N)
INITIAL, REFERENCE = LabelCounts.from_labels(LABELS, C), Reference.of(Q)
POSTERIORS = Posteriors.single(PROBS, IDS)
CE = Selector(scores.cross_entropy)


def run(selectors: dict[str, SelectionRule] | None = None, **changes: Any) -> Comparison:
    arguments: dict[str, Any] = {
        "initial": INITIAL,
        "reference": REFERENCE,
        "posteriors": POSTERIORS,
        "sample_id": IDS,
        "annotator": LabelDistributionAnnotator(Q, IDS, 0),
        "budget": Budget(annotations=50),
        "seeds": (0, 1, 2),
    }
    return compare(selectors or {"random": Random(), "cross_entropy": CE}, **(arguments | changes))


def assert_same(left: Comparison, right: Comparison, name: str) -> None:
    pairs = zip(left.trajectories[name], right.trajectories[name], strict=True)
    for one, other in pairs:
        for column in ("row", "draw", "answer", "label_before", "label_after", "resolved"):
            np.testing.assert_array_equal(getattr(one, column), getattr(other, column))


def test_comparison_is_its_parts_put_together() -> None:
    comparison = run()
    order = CE.rank(POSTERIORS, INITIAL, rng=stream(1, "selection"))
    trajectory = simulate_order(
        order,
        INITIAL,
        LabelDistributionAnnotator(Q, IDS, 1),
        budget=50,
        rule=Budget("exact"),
        adjudication=UntilMajority(),
    )
    curves = replay(trajectory, INITIAL.counts, REFERENCE)
    np.testing.assert_array_equal(comparison.trajectories["cross_entropy"][1].row, trajectory.row)
    np.testing.assert_array_equal(comparison.curves["cross_entropy"][1].label_accuracy, curves.label_accuracy)
    assert (comparison.budget, comparison.seeds) == (50, (0, 1, 2))


def test_every_selector_faces_the_same_answers() -> None:
    comparison = run({"random": Random(), "cross_entropy": CE, "oracle": Oracle(repeats=True)})
    for seed in range(3):
        answers: dict[tuple[int, int], set[int]] = {}
        for trajectories in comparison.trajectories.values():
            made = trajectories[seed]
            for row, draw, answer in zip(made.row.tolist(), made.draw.tolist(), made.answer.tolist(), strict=True):
                answers.setdefault((row, draw), set()).add(answer)
        assert all(len(each) == 1 for each in answers.values())


def test_the_same_order_gives_the_same_trajectory() -> None:
    comparison = run({"random": Random(), "a": CE, "again": Selector(scores.self_confidence)})
    for one, other in zip(comparison.trajectories["a"], comparison.trajectories["again"], strict=True):
        np.testing.assert_array_equal(one.row, other.row)
        np.testing.assert_array_equal(one.answer, other.answer)
    comparison = run({"random": Random(), "shuffled": Random()})
    assert_same(comparison, Comparison(50, (0,), IDS, {"random": comparison.trajectories["shuffled"]}, {}), "random")


def test_a_selector_does_not_feel_the_others() -> None:
    assert_same(run(), run({"oracle": Oracle(repeats=False), "cross_entropy": CE, "random": Random()}), "cross_entropy")
    assert_same(run(), run({"oracle": Oracle(repeats=False), "cross_entropy": CE, "random": Random()}), "random")


def test_seeds_change_orders_of_random_and_answers_of_all() -> None:
    comparison = run(seeds=(5, 3))
    first, second = comparison.trajectories["random"]
    assert (first.row[first.draw == 0][:10] != second.row[second.draw == 0][:10]).any()
    first, second = comparison.trajectories["cross_entropy"]
    assert first.row[0] == second.row[0]
    assert first.spent == second.spent == 50
    assert not np.array_equal(first.answer, second.answer)
    again = run(seeds=(3, 5))
    np.testing.assert_array_equal(again.trajectories["cross_entropy"][1].answer, first.answer)


def test_the_sequential_stream_starts_anew_for_every_selector() -> None:
    stream_of = SequentialAnnotator(Q, IDS, 7)
    alone = run({"random": Random()}, annotator=stream_of)
    both = run({"cross_entropy": CE, "random": Random()}, annotator=stream_of)
    assert_same(alone, both, "random")
    fixed = run({"random": Random(), "a": CE, "b": CE}, annotator=stream_of)
    np.testing.assert_array_equal(fixed.trajectories["a"][0].answer, fixed.trajectories["b"][0].answer)


def test_posteriors_are_joined_by_id_not_by_position() -> None:
    shuffled = np.random.default_rng(1).permutation(N)
    more = Posteriors.single(
        np.concatenate([PROBS[shuffled], [[1.0, 0.0, 0.0, 0.0]]]), np.concatenate([IDS[shuffled], [5000]])
    )
    assert_same(run(), run(posteriors=more), "cross_entropy")


def test_selectors_without_posteriors_need_none() -> None:
    made = run({"random": Random(), "oracle": Oracle(repeats=True)}, posteriors=None)
    assert made.curves["oracle"][0].label_accuracy[-1] > made.curves["random"][0].label_accuracy[-1]
    with pytest.raises(InputError, match="selector=random"):
        run(posteriors=None)


def test_a_budget_beyond_what_can_be_spent_is_reported() -> None:
    comparison = run(budget=Budget(annotations=10**9))
    summary = comparison.summary()
    for name, entry in summary["selectors"].items():
        assert entry["exhausted"] == 3
        assert entry["unresolved"] == 0
        assert entry["annotations"]["max"] < 4 * N
        for trajectory in comparison.trajectories[name]:
            assert set(trajectory.row.tolist()) == set(range(N))
    table = comparison.curve_table()
    assert table["annotations"].max() == max(entry["annotations"]["max"] for entry in summary["selectors"].values())
    assert "exhausted" in run().summary()["selectors"]["random"]
    assert run().summary()["selectors"]["random"]["exhausted"] == 0


@pytest.mark.parametrize("annotator", [LabelDistributionAnnotator, SequentialAnnotator])
def test_the_released_budget_finishes_the_sample_in_hand(annotator: Any) -> None:
    comparison = run(budget=Budget("released", annotations=50), annotator=annotator(Q, IDS, 0))
    for trajectories in comparison.trajectories.values():
        for trajectory in trajectories:
            assert trajectory.spent > 50
            assert trajectory.resolved[-1]
    table = comparison.curve_table()
    assert table["annotations"].max() == 50


def test_the_budget_follows_from_the_wrong_labels() -> None:
    wrong = int((REFERENCE.labels != LABELS).sum())
    assert run(budget=Budget(per_wrong_label=2.0)).budget == 2 * wrong
    with pytest.raises(InputError, match="0 labels are wrong"):
        run(budget=Budget(), reference=Reference.of(Q, LABELS))


def test_expected_curves_exist_for_static_orders_only() -> None:
    selectors: dict[str, SelectionRule] = {
        "random": Random(),
        "cross_entropy": CE,
        "oracle_once": Oracle(repeats=False),
        "oracle": Oracle(repeats=True),
    }
    comparison = run(selectors)
    assert set(comparison.expected) == {"cross_entropy", "oracle_once"}
    order = CE.rank(POSTERIORS, INITIAL, rng=stream(0, "selection"))
    exact = expected_label_accuracy(order, INITIAL, REFERENCE, budget=50, adjudication=UntilMajority())
    np.testing.assert_array_equal(comparison.expected["cross_entropy"], exact)
    entry = comparison.summary()["selectors"]
    assert entry["cross_entropy"]["expected_area"] == pytest.approx(exact[:50].mean())
    assert "expected_area" not in entry["random"]
    assert not run(selectors, expected_up_to=0).expected
    assert not run(budget=Budget(annotations=20_001)).expected


def test_expected_curves_exist_for_adjudications_with_a_closed_law() -> None:
    assert set(run(adjudication=SingleAnswer()).expected) == {"cross_entropy"}
    assert not run(adjudication=FixedAnswers(3)).expected


def test_expected_area_is_the_mean_over_many_panels() -> None:
    comparison = run(seeds=range(200))
    entry = comparison.summary()["selectors"]["cross_entropy"]
    error = entry["area"]["sd"] / np.sqrt(200)
    assert abs(entry["area"]["mean"] - entry["expected_area"]) < 4 * error


def test_summary_by_hand() -> None:
    """Annotators who never err; every wrong label costs two, and the oracle finds them first."""
    truth, given = np.array([0, 1, 0, 1]), np.array([1, 1, 0, 0])
    q = np.eye(2)[truth]
    comparison = compare(
        {"random": Random(), "oracle_once": Oracle(repeats=False)},
        initial=LabelCounts.from_labels(given, 2),
        reference=Reference.of(q),
        posteriors=None,
        sample_id=np.arange(4),
        annotator=LabelDistributionAnnotator(q, np.arange(4), 0),
        budget=Budget(annotations=6),
        seeds=(0,),
    )
    entry = comparison.summary(levels=(0.75, 1.0))["selectors"]["oracle_once"]
    np.testing.assert_array_equal(comparison.curves["oracle_once"][0].label_accuracy, [0.5, 0.5, 0.75, 0.75, 1, 1, 1])
    assert entry["area"]["mean"] == pytest.approx((0.5 + 0.5 + 0.75 + 0.75 + 1 + 1) / 6)
    assert entry["final_accuracy"]["values"] == [1.0]
    assert entry["relabels_to"]["0.75"]["values"] == [2]
    assert entry["relabels_to"]["1"]["values"] == [4]
    random = comparison.curves["random"][0].annotations_to(1.0)
    assert random is not None
    assert entry["saving_vs_random"]["1"]["median"] == random / 4
    np.testing.assert_allclose(comparison.expected["oracle_once"], [0.5, 0.5, 0.75, 0.75, 1, 1, 1])


def test_curve_table_has_the_bands_of_every_metric() -> None:
    comparison = run()
    table = comparison.curve_table(confidence=0.9, interval="normal")
    assert list(table) == ["selector", "annotations", "metric", "mean", "low", "high", "seeds"]
    assert set(table["metric"]) == {*METRICS, "expected_label_accuracy"}
    assert len(table) == 51 * (2 * len(METRICS) + 1)
    assert (table["seeds"] == 3).all()
    for metric in METRICS:
        rows = table[(table["selector"] == "random") & (table["metric"] == metric)]
        over_seeds = band(stacked(comparison.curves["random"], metric, 50), confidence=0.9, interval="normal")
        np.testing.assert_array_equal(rows["annotations"], np.arange(51))
        for name in ("mean", "low", "high"):
            np.testing.assert_array_equal(rows[name], getattr(over_seeds, name))


def test_trajectory_table_has_every_annotation() -> None:
    comparison = run(seeds=(4, 9))
    table = comparison.trajectory_table()
    assert list(table)[:4] == ["selector", "seed", "step", "sample_id"]
    assert len(table) == 2 * 2 * 50
    part = table[(table["selector"] == "cross_entropy") & (table["seed"] == 9)]
    np.testing.assert_array_equal(part["sample_id"], IDS[comparison.trajectories["cross_entropy"][1].row])
    np.testing.assert_array_equal(part["spent"], np.arange(1, 51))


def test_progress_wraps_every_simulation() -> None:
    seen: list[tuple[str, int]] = []

    def watch(pairs: Iterable[tuple[str, int]]) -> Iterable[tuple[str, int]]:
        for pair in pairs:
            seen.append(pair)
            yield pair

    run(progress=watch)
    assert seen == [(name, seed) for name in ("random", "cross_entropy") for seed in range(3)]


def test_no_selector_sees_the_reference_labels() -> None:
    """Curves change with the reference, orders and answers do not."""
    turned = Reference.of(Q, (REFERENCE.labels + 1) % C)
    left, right = run(), run(reference=turned)
    assert_same(left, right, "cross_entropy")
    assert left.curves["cross_entropy"][0].label_accuracy[-1] > right.curves["cross_entropy"][0].label_accuracy[-1]


@dataclass(frozen=True)
class Nosy:
    """A selector that writes down what it is shown."""

    shown: list[Any]
    repeats: bool = False
    needs_posteriors: bool = True
    needs_distribution: bool = False
    needs_dynamics: bool = False
    needs_features: bool = False

    def bound(self, sample_id: IntArray, **evidence: Any) -> "Nosy":
        return self

    def rank(self, posteriors: Posteriors | None, counts: LabelCounts, **rest: Any) -> IntArray:
        self.shown.append((posteriors, counts, rest.get("distribution")))
        return np.arange(len(counts))


def test_selectors_that_do_not_need_the_distribution_are_not_shown_it() -> None:
    shown: list[Any] = []
    run({"random": Random(), "nosy": Nosy(shown)}, seeds=(0,))
    assert shown[0][2] is None


@dataclass(frozen=True)
class Counted(Scoring):
    """A selector that writes down how often it is asked for its scores."""

    asked: list[int]

    def scores(self, posteriors: Posteriors | None, counts: LabelCounts) -> FloatArray:
        self.asked.append(len(counts))
        return np.zeros(len(counts))


def test_scores_are_made_once_and_ties_are_broken_by_each_seed() -> None:
    asked: list[int] = []
    tied = run({"random": Random(), "tied": Counted(asked)}).trajectories["tied"]
    assert asked == [N]
    assert not np.array_equal(tied[0].row, tied[1].row)


def test_dynamics_and_features_are_joined_by_id() -> None:
    rng = np.random.default_rng(0)
    loss, p_given, margin = rng.random((3, 4, N))
    records = TrainingDynamics(loss, p_given, margin, rng.random((4, N)) < 0.5, IDS)
    features = Features(rng.normal(size=(N, 3)), IDS)
    selectors: dict[str, SelectionRule] = {
        "random": Random(), "aum": DynamicsSelector(aum), "knn": FeatureSelector(NeighbourDisagreement(4)),
    }  # fmt: skip
    made = run(selectors, dynamics=records, features=features, posteriors=None)
    mixed = rng.permutation(IDS)
    again = run(selectors, dynamics=records.aligned_to(mixed), features=features.aligned_to(mixed), posteriors=None)
    for name, bound in (
        ("aum", DynamicsSelector(aum, records)),
        ("knn", selectors["knn"].bound(IDS, features=features)),
    ):
        assert_same(made, again, name)
        order = bound.rank(None, INITIAL, rng=stream(0, "selection"))
        rows = made.trajectories[name][0].row
        _, first = np.unique(rows, return_index=True)
        asked_about = rows[np.sort(first)]
        np.testing.assert_array_equal(asked_about, order[: len(asked_about)])
    with pytest.raises(InputError, match="ranks by training dynamics and there are none"):
        run(selectors, features=features)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"selectors": {"cross_entropy": CE}}, r"the selectors are cross_entropy\. Allowed: a list with random in it"),
        ({"seeds": ()}, r"annotator seeds are \[\]\. Allowed: one seed or more, all different"),
        ({"seeds": (1, 1)}, r"annotator seeds are \[1, 1\]"),
        ({"seeds": (-1,)}, "seed -1 is not usable"),
        ({"sample_id": IDS[:-1]}, "60 rows of label counts, 60 reference labels, 59 ids"),
        ({"reference": Reference.of(Q[:-1])}, "60 rows of label counts, 59 reference labels"),
        (
            {"reference": Reference.of(np.full((N, 5), 0.2))},
            "the label distribution has 5 classes, the labels 4",
        ),
        (
            {"posteriors": Posteriors.single(np.full((N, 3), 1 / 3), IDS)},
            r"posteriors have 3 classes, the labels 4\. Allowed: the same classes in the same order",
        ),
        ({"posteriors": Posteriors.single(PROBS)}, "posteriors lack .* of 60 samples, the first is id"),
        (
            {"annotator": LabelDistributionAnnotator(np.full((N, 5), 0.2), IDS, 0)},
            "the annotators answer with 5 classes, the labels have 4",
        ),
        (
            {
                "selectors": {"random": Random(), "oracle": Oracle(repeats=True)},
                "adjudication": SingleAnswer(),
            },
            r"adjudication=until_majority.*oracle_once",
        ),
    ],
)
def test_what_does_not_fit_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        run(**changes)


def test_the_repeating_oracle_stops_at_what_others_could_spend() -> None:
    rng = np.random.default_rng(0)
    distribution = rng.dirichlet(np.ones(3), 5)
    comparison = compare(
        {"random": Random(), "oracle": Oracle(repeats=True)},
        initial=LabelCounts.from_labels(rng.integers(0, 3, 5), 3),
        reference=Reference.of(distribution),
        posteriors=None,
        sample_id=np.arange(5),
        annotator=LabelDistributionAnnotator(distribution, np.arange(5), 0),
        budget=Budget(annotations=10**9),
        seeds=[0],
    )
    oracle = comparison.trajectories["oracle"][0]
    assert (oracle.spent, oracle.budget, oracle.is_exhausted) == (15, 10**9, True)
    assert comparison.trajectories["random"][0].spent <= 15
    assert comparison.summary()["selectors"]["oracle"]["exhausted"] == 1


@dataclass
class Relearned:
    """A refresh that gives the posteriors of a table, by how often it was asked, and remembers what it was told."""

    answers: tuple[Posteriors, ...]
    every: int = 10

    def __post_init__(self) -> None:
        self.told: list[tuple[str, int, int, int, int]] = []

    def session(self, selector: str, seed: int) -> Session:
        rounds = 0

        def update(counts: LabelCounts, labels: IntArray, spent: int) -> Posteriors:
            nonlocal rounds
            self.told.append((selector, seed, rounds, spent, int(counts.counts.sum())))
            np.testing.assert_array_equal(labels, counts.majority)
            rounds += 1
            return self.answers[min(rounds, len(self.answers)) - 1]

        return update


ALL: dict[str, SelectionRule] = {
    "random": Random(),
    "cross_entropy": CE,
    "oracle": Oracle(repeats=True),
    "oracle_once": Oracle(repeats=False),
    "tied": Selector(lambda posteriors, counts: np.zeros(len(counts))),
}


@pytest.mark.parametrize("annotator", [LabelDistributionAnnotator(Q, IDS, 0), SequentialAnnotator(Q, IDS, 0)])
def test_the_same_posteriors_again_change_nothing(annotator: Any) -> None:
    static = run(ALL, annotator=annotator)
    active = run(ALL, annotator=annotator, refresh=Relearned((POSTERIORS,)))
    for name in ALL:
        assert_same(active, static, name)
    assert set(static.expected) == {"cross_entropy", "oracle_once", "tied"}
    assert set(active.expected) == {"oracle_once"}


def test_only_selectors_that_score_posteriors_are_refreshed_each_in_its_own_session() -> None:
    shuffled = np.random.default_rng(1).permutation(N)
    better = Posteriors.single(np.asarray(0.98 * Q + 0.02 / C)[shuffled], IDS[shuffled])  # joined by id
    refresh = Relearned((better, better))
    selectors = {**ALL, "knn": FeatureSelector(NeighbourDisagreement(k=3), Features(Q, IDS))}
    active, static = run(selectors, refresh=refresh), run(selectors)
    for name in ("random", "oracle", "oracle_once", "knn"):
        assert_same(active, static, name)
    refreshed = {(name, seed) for name, seed, *_ in refresh.told}
    assert refreshed == {(name, seed) for name in ("cross_entropy", "tied") for seed in (0, 1, 2)}
    for name, seed in refreshed:
        rounds, spent, votes = zip(*(each[2:] for each in refresh.told if each[:2] == (name, seed)), strict=True)
        assert rounds == tuple(range(len(rounds)))
        assert [each // 10 for each in spent] == [1, 2, 3, 4][: len(spent)]
        assert votes == tuple(N + each for each in spent)
    before, after = static.trajectories["cross_entropy"][0], active.trajectories["cross_entropy"][0]
    first = min(each[3] for each in refresh.told if each[:2] == ("cross_entropy", 0))
    np.testing.assert_array_equal(after.row[:first], before.row[:first])
    assert not np.array_equal(after.row, before.row)
    mean = [np.mean([curve.area(50) for curve in each.curves["cross_entropy"]]) for each in (static, active)]
    assert mean[1] > mean[0]  # posteriors close to the truth rank better


def test_refreshed_posteriors_are_checked_as_the_first() -> None:
    with pytest.raises(InputError, match="lack"):
        run(refresh=Relearned((Posteriors.single(PROBS[:5], IDS[:5]),)))
    with pytest.raises(InputError, match="posteriors have 5 classes"):
        run(refresh=Relearned((Posteriors.single(np.full((N, 5), 0.2), IDS),)))

"""The queue against the simulator of whole arrays, by hand, and in what it refuses."""

import numpy as np
import pytest

from alc.adjudication import Adaptive, Adjudication, FixedAnswers, UntilMajority
from alc.annotators.label_distribution import LabelDistributionAnnotator
from alc.arrays import FloatArray, IntArray
from alc.consensus.posterior_fusion import PosteriorFusion
from alc.errors import InputError
from alc.labels import LabelCounts
from alc.posteriors import Posteriors
from alc.selection.fused import expected_gain, least_fused_confidence
from alc.simulation.budget import Budget
from alc.simulation.label_changes import LabelChanges
from alc.simulation.opinion import FusedOpinion, MajorityOpinion
from alc.simulation.queue import simulate_queue
from alc.simulation.replay import Reference, replay
from alc.simulation.simulator import simulate_order

FUSION = PosteriorFusion(estimate="fixed")


class Crowd:
    """60 samples of 4 classes, some of them hard, with noisy labels and a model that is right most of the time."""

    def __init__(self, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.distribution = rng.dirichlet(np.full(4, 0.2), size=60)
        self.truth = self.distribution.argmax(axis=1)
        self.given = np.where(rng.random(60) < 0.7, self.truth, rng.integers(4, size=60))
        probs = 0.6 * np.eye(4)[np.where(rng.random(60) < 0.8, self.truth, rng.integers(4, size=60))] + 0.1
        self.posteriors = Posteriors(probs[None], np.arange(60), "cross_fit")
        self.annotator = LabelDistributionAnnotator(self.distribution, np.arange(60), 0)
        self.tie = rng.random(60)
        self.order = rng.permutation(60)

    def majority(self, budget: int, adjudication: Adjudication) -> LabelChanges:
        opinion = MajorityOpinion(self.given, 4)
        return simulate_queue(
            self.order, None, opinion, self.annotator, budget=budget, adjudication=adjudication, tie=self.tie
        )

    def fused(self, order: IntArray | None, budget: int, **settings: float) -> LabelChanges:
        opinion = FusedOpinion(FUSION, self.posteriors, self.given, start="fused")
        return simulate_queue(
            order,
            None if order is not None else least_fused_confidence,
            opinion,
            self.annotator,
            budget=budget,
            adjudication=Adaptive(**settings),  # type: ignore[arg-type]
            tie=self.tie,
        )


@pytest.mark.parametrize("adjudication", [UntilMajority(), FixedAnswers(3)])
@pytest.mark.parametrize("budget", [1, 17, 70, 1000])
def test_a_fixed_order_of_counted_votes_is_what_the_simulator_of_arrays_does(
    adjudication: Adjudication, budget: int
) -> None:
    crowd = Crowd()
    changes = crowd.majority(budget, adjudication)
    initial = LabelCounts.from_labels(crowd.given, 4)
    trajectory = simulate_order(
        crowd.order, initial, crowd.annotator, budget=budget, rule=Budget(), adjudication=adjudication
    )
    assert changes.row.tolist() == trajectory.row.tolist()
    assert changes.answer.tolist() == trajectory.answer.tolist()
    assert changes.final_labels().tolist() == trajectory.final_labels().tolist()
    curve = replay(trajectory, initial.counts, Reference.of(crowd.distribution)).label_accuracy
    ours = changes.label_accuracy(crowd.truth)
    assert ours[: len(curve)] == pytest.approx(curve)
    assert (ours[len(curve) :] == curve[-1]).all()


def brute_accuracy(changes: LabelChanges, truth: IntArray) -> FloatArray:
    label, values, place = changes.start.copy(), [], 0
    for spent in range(changes.budget + 1):
        while place < len(changes.change_spent) and changes.change_spent[place] <= spent:
            label[changes.change_row[place]] = changes.change_label[place]
            place += 1
        values.append((label == truth).mean())
    return np.array(values)


def test_accuracy_is_the_changes_played_back() -> None:
    crowd = Crowd(1)
    wrong = PosteriorFusion(temperature=4.0, given_reliability=(0.97, 0.9))  # the votes will say otherwise
    opinion = FusedOpinion(wrong, crowd.posteriors, crowd.given, start="fused", renew_at=(10, 20, 40))
    changes = simulate_queue(
        None,
        expected_gain,
        opinion,
        crowd.annotator,
        budget=80,
        adjudication=Adaptive(promised_error=1e-6),
        tie=crowd.tie,
    )
    assert changes.spent == 80
    assert changes.label_accuracy(crowd.truth) == pytest.approx(brute_accuracy(changes, crowd.truth))
    assert changes.final_labels().tolist() == opinion.label.tolist()
    assert (np.diff(changes.change_spent) >= 0).all()
    assert [spent for spent, _ in opinion.laws] == [10, 20, 40]  # the law of votes was estimated again


def test_the_least_confident_is_asked_and_a_settled_one_is_not() -> None:
    crowd = Crowd(2)
    opinion = FusedOpinion(FUSION, crowd.posteriors, crowd.given, start="fused")
    first = int(np.argmax(1 - opinion.state.confidence + 1e-9 * crowd.tie))
    changes = crowd.fused(None, 600, promised_error=0.05)
    assert changes.row[0] == first
    settled = changes.final_confidence >= 0.95
    times = np.bincount(changes.row, minlength=60)
    assert (settled | (times == 10)).all()  # all keep the promise or were given up
    assert changes.spent < 600
    assert changes.final_confidence == pytest.approx(opinion_after(crowd, changes), abs=1e-12)


def opinion_after(crowd: Crowd, changes: LabelChanges) -> FloatArray:
    opinion = FusedOpinion(FUSION, crowd.posteriors, crowd.given, start="fused")
    for row, answer in zip(changes.row.tolist(), changes.answer.tolist(), strict=True):
        opinion.answer(row, answer)
    return opinion.confidence


def test_a_fixed_order_under_an_adaptive_rule_asks_each_and_then_the_least_confident() -> None:
    crowd = Crowd(3)
    changes = crowd.fused(crowd.order, 2000, promised_error=0.02)
    first = np.unique(changes.row, return_index=True)[1]
    assert changes.row[np.sort(first)].tolist() == crowd.order.tolist()
    assert (changes.final_confidence >= 0.98).sum() + (np.bincount(changes.row) == 10).sum() >= 60


def test_a_question_of_counted_votes_is_asked_to_its_end_also_by_score() -> None:
    crowd = Crowd(4)
    opinion = FusedOpinion(FUSION, crowd.posteriors, crowd.given, start="fused")
    changes = simulate_queue(
        None, least_fused_confidence, opinion, crowd.annotator, budget=60, adjudication=FixedAnswers(3), tie=crowd.tie
    )
    assert (changes.row.reshape(-1, 3) == changes.row[::3, None]).all()
    assert len(np.unique(changes.row)) == 20


class Silent:
    """Annotators of whom the first has something to say about even rows, and nobody about odd ones."""

    num_classes = 4

    def ask(self, row: IntArray, first_draw: int, num_draws: int) -> IntArray:
        draw = np.arange(first_draw, first_draw + num_draws)
        return np.where((row[:, None] % 2 == 0) & (draw[None, :] < 2), 3, -1)

    def reseeded(self, seed: int) -> "Silent":
        return self


def test_silence_costs_nothing_and_closes_a_sample() -> None:
    crowd = Crowd()
    opinion = MajorityOpinion(np.zeros(60, dtype=np.int64), 4)
    changes = simulate_queue(
        np.arange(60), None, opinion, Silent(), budget=500, adjudication=FixedAnswers(3), tie=crowd.tie
    )
    assert changes.spent == 60
    assert set(changes.row.tolist()) == set(range(0, 60, 2))


def test_what_can_not_be_queued_is_refused() -> None:
    crowd = Crowd()
    with pytest.raises(InputError, match="posterior_fusion"):
        crowd.majority(10, Adaptive())
    opinion = FusedOpinion(FUSION, crowd.posteriors, crowd.given, start="fused")
    for order, rescore in ((None, None), (crowd.order, least_fused_confidence)):
        with pytest.raises(InputError, match="one of the two"):
            simulate_queue(order, rescore, opinion, crowd.annotator, budget=5, adjudication=Adaptive(), tie=crowd.tie)
    with pytest.raises(InputError, match="given, fused"):
        FusedOpinion(FUSION, crowd.posteriors, crowd.given, start="clean")  # type: ignore[arg-type]
    initial = LabelCounts.from_labels(crowd.given, 4)
    with pytest.raises(InputError, match="alc-leaderboard"):
        simulate_order(crowd.order, initial, crowd.annotator, budget=9, rule=Budget(), adjudication=Adaptive())


@pytest.mark.parametrize(
    "wrong", [{"promised_error": 0}, {"promised_error": 1}, {"most_answers": 0}, {"keeps_initial_votes": False}]
)
def test_bad_adaptive_settings(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        Adaptive(**wrong)  # type: ignore[arg-type]


def test_laws_that_are_brought_are_taken_over() -> None:
    crowd = Crowd(5)

    def played(opinion: FusedOpinion) -> LabelChanges:
        return simulate_queue(
            crowd.order, None, opinion, crowd.annotator, budget=60, adjudication=Adaptive(), tie=crowd.tie
        )

    first = FusedOpinion(PosteriorFusion(), crowd.posteriors, crowd.given, start="fused", renew_at=(10, 30))
    changes = played(first)
    assert [spent for spent, _ in first.laws] == [10, 30]
    told = FusedOpinion(PosteriorFusion(), crowd.posteriors, crowd.given, start="fused", laws=first.laws)
    again = played(told)
    assert again.change_label.tolist() == changes.change_label.tolist()
    assert told.state.law == first.state.law

"""A contest on a small made-up problem: shared answers, bounds, settings, and rows that add up."""

from dataclasses import replace

import numpy as np
import pytest

from alc.adjudication import Adaptive, FixedAnswers, SingleAnswer, UntilMajority
from alc.annotations import Annotations
from alc.annotators.label_distribution import LabelDistributionAnnotator
from alc.annotators.recorded import RecordedAnnotator
from alc.consensus.crowdlab import Crowdlab
from alc.consensus.majority import Majority
from alc.consensus.posterior_fusion import PosteriorFusion
from alc.errors import InputError
from alc.leaderboard.contest import CEILING, RANDOM, Contest
from alc.leaderboard.row import COLUMNS, area, efficiency, entry_rows, panel_rows, relabels_to
from alc.leaderboard.setting import Setting
from alc.posteriors import Posteriors
from alc.selection.fused import FusedSelector, expected_gain, least_fused_confidence
from alc.selection.scores import cross_entropy
from alc.selection.selector import Random, Selector
from alc.simulation.ceiling import fused_gain_and_cost, majority_gain_and_cost

FUSION = PosteriorFusion(estimate="fixed", given_reliability=(0.7, 0.5), temperature=0.7)
PAPER = Setting(consensus=Majority(), adjudication=UntilMajority(), start="given", fusion=FUSION)
FUSED = Setting(consensus=FUSION, adjudication=Adaptive(), start="fused", fusion=FUSION)
SHARED = dict.fromkeys(
    ("data", "temperature", "track", "recipe", "protocol", "start", "consensus", "stopping", "noise_seed"), "x"
) | {"train_seed": 0, "annotator_seeds": "0-2"}


@pytest.fixture(scope="module")
def contest() -> Contest:
    rng = np.random.default_rng(0)
    distribution = rng.dirichlet(np.full(4, 0.15), size=300)
    truth = distribution.argmax(axis=1)
    given = np.where(rng.random(300) < 0.75, truth, rng.integers(4, size=300))
    guess = np.where(rng.random(300) < 0.75, truth, rng.integers(4, size=300))
    probs = 0.6 * np.eye(4)[guess] + 0.1
    return Contest(
        given=given,
        truth=truth,
        distribution=distribution,
        posteriors=Posteriors(probs[None], np.arange(300), "cross_fit"),
        sample_id=np.arange(300),
        annotator=LabelDistributionAnnotator(distribution, np.arange(300), 0),
        seeds=range(3),
        budget=250,
        panels=8,
    )


SELECTORS = {
    "cross_entropy": Selector(cross_entropy),
    "least_fused_confidence": FusedSelector(least_fused_confidence, FUSION),
    "expected_gain": FusedSelector(expected_gain, FUSION),
}


@pytest.mark.parametrize("setting", [PAPER, FUSED], ids=["paper", "fused"])
def test_random_is_the_floor_and_the_ceiling_the_roof(contest: Contest, setting: Setting) -> None:
    played = contest.play(setting, SELECTORS)
    areas = {name: np.mean([area(run.label_accuracy(contest.truth)) for run in runs]) for name, runs in played.items()}
    assert areas[RANDOM] == min(areas.values())
    static = areas["cross_entropy"]
    assert areas[RANDOM] < static < areas[CEILING]
    assert all(run.spent <= 250 for runs in played.values() for run in runs)


def test_everybody_faces_the_same_answers(contest: Contest) -> None:
    played = contest.play(PAPER, SELECTORS)
    for seed in range(3):
        said: dict[tuple[int, int], int] = {}
        for runs in played.values():
            run, asked = runs[seed], dict.fromkeys(range(300), 0)
            for row, answer in zip(run.row.tolist(), run.answer.tolist(), strict=True):
                assert said.setdefault((row, asked[row]), answer) == answer
                asked[row] += 1


def test_a_fused_start_has_the_labels_of_the_fusion(contest: Contest) -> None:
    given, fused = (contest.play(replace(FUSED, start=start), {})[RANDOM][0].start for start in ("given", "fused"))
    assert given.tolist() == contest.given.tolist()
    state = FUSED.initial_state(contest.posteriors, contest.given)
    assert fused.tolist() == state.label.tolist()
    assert (fused != given).any()
    counted = contest.play(replace(PAPER, start="fused"), {})[RANDOM][0].start
    assert counted.tolist() == fused.tolist()


def test_the_ceiling_of_counted_votes_is_the_mean_of_many_simulations(contest: Contest) -> None:
    exact = majority_gain_and_cost(
        contest.given, contest.truth, contest.distribution, contest.annotator, UntilMajority(), 1
    )
    everybody = np.arange(300)

    class Named(LabelDistributionAnnotator):
        """The same people with names, so that the closed form is not taken."""

        def who(self, row: np.ndarray, draw: np.ndarray) -> np.ndarray:
            return np.ones_like(row)

        def num_available(self, row: np.ndarray) -> np.ndarray:
            return np.full(len(row), 99)

        def reseeded(self, seed: int) -> "Named":
            return Named(contest.distribution, everybody, seed)

    named = Named(contest.distribution, everybody, 0)
    simulated = majority_gain_and_cost(contest.given, contest.truth, contest.distribution, named, UntilMajority(), 400)
    assert simulated[0] == pytest.approx(exact[0], abs=0.12)
    assert simulated[1] == pytest.approx(exact[1], abs=0.2)
    assert simulated[0].mean() == pytest.approx(exact[0].mean(), abs=0.005)


def test_fused_gain_and_cost_of_sure_people() -> None:
    """People who never err: a wrong label is always repaired, a right one always kept."""
    truth, given = np.array([0, 1, 2, 3]), np.array([1, 1, 2, 0])
    posteriors = Posteriors(np.full((1, 4, 4), 0.25), np.arange(4), "cross_fit")
    state = FUSED.initial_state(posteriors, given)
    annotator = LabelDistributionAnnotator(np.eye(4), np.arange(4), 0)
    gain, cost = fused_gain_and_cost(state, given, truth, annotator, Adaptive(promised_error=0.05), 3)
    assert gain.tolist() == [1, 0, 0, 1]
    assert (cost[[0, 3]] > cost[[1, 2]]).all()


def test_rows_add_up(contest: Contest) -> None:
    played = contest.play(PAPER, {"cross_entropy": SELECTORS["cross_entropy"]})
    rows = entry_rows(played, contest.truth, SHARED)
    assert [tuple(row) for row in rows] == [COLUMNS] * 3
    row = rows[2]
    curves = [run.label_accuracy(contest.truth) for run in played["cross_entropy"]]
    assert row["area"] == pytest.approx(np.mean([curve[:-1].mean() for curve in curves]))
    assert row["efficiency"] == pytest.approx(
        (row["area"] - row["area_random"]) / (row["area_ceiling"] - row["area_random"])  # type: ignore[operator]
    )
    assert (rows[0]["efficiency"], rows[1]["efficiency"]) == (0, 1)
    assert row["start_accuracy"] == pytest.approx((contest.given == contest.truth).mean())
    assert row["accuracy_500"] is None  # the budget is 250
    panels = panel_rows(played, range(3), contest.truth, SHARED)
    assert np.mean([float(str(each["area"])) for each in panels if each["selector"] == "cross_entropy"]) == (
        pytest.approx(row["area"])
    )
    assert all(each["promised"] is None for each in panels)
    fused = panel_rows(contest.play(FUSED, {}), range(3), contest.truth, SHARED)
    assert all(0 < float(str(each["promised"])) < 0.5 for each in fused)


def test_levels_and_efficiency() -> None:
    assert relabels_to(np.array([0.5, 0.9, 0.89]), 0.9) == 1
    assert relabels_to(np.array([0.5, 0.6]), 0.9) is None
    assert efficiency(0.5, 0.5, 0.5) is None


def test_recorded_votes_and_a_consensus_that_looks_from_time_to_time() -> None:
    rng = np.random.default_rng(1)
    truth = rng.integers(3, size=90)
    votes = np.where(rng.random((90, 3)) < 0.8, truth[:, None], rng.integers(3, size=(90, 3)))
    who = np.tile([1, 2, 3], (90, 1))
    log = Annotations(np.repeat(np.arange(90), 3), who.ravel(), votes.ravel())
    distribution = np.stack([(votes == c).mean(axis=1) for c in range(3)], axis=1)
    annotator = RecordedAnnotator(distribution, np.arange(90), 0, annotations=log, initial=votes[:, 0])
    probs = 0.7 * np.eye(3)[np.where(rng.random(90) < 0.7, truth, rng.integers(3, size=90))] + 0.1
    contest = Contest(
        given=votes[:, 0],
        truth=truth,
        distribution=distribution,
        posteriors=Posteriors(probs[None], np.arange(90), "cross_fit"),
        sample_id=np.arange(90),
        annotator=annotator,
        seeds=range(2),
        budget=400,
        panels=4,
    )
    crowdlab = Setting(
        consensus=Crowdlab(calibrate=False), adjudication=UntilMajority(), start="given", fusion=FUSION, every=25
    )
    played = contest.play(crowdlab, {"cross_entropy": SELECTORS["cross_entropy"]})
    run = played["cross_entropy"][0]
    assert run.spent <= 180  # two more votes about each sample at most
    assert set(run.change_spent.tolist()) <= {25, 50, 75, 100, 125, 150, 175}
    fused = contest.play(FUSED, SELECTORS)
    assert all(run.spent <= 180 for runs in fused.values() for run in runs)


def test_settings_that_mean_nothing_are_refused(contest: Contest) -> None:
    with pytest.raises(InputError, match="posterior_fusion"):
        replace(PAPER, adjudication=Adaptive())
    with pytest.raises(InputError, match="until_majority"):
        replace(PAPER, adjudication=SingleAnswer())
    with pytest.raises(InputError, match="given, fused"):
        replace(PAPER, start="clean")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="every=0"):
        replace(PAPER, every=0)
    seen = Posteriors(contest.posteriors.probs, contest.posteriors.sample_id, "in_sample")
    with pytest.raises(InputError, match="posteriors=cross_fit"):
        replace(contest, posteriors=seen).play(FUSED, {})
    assert replace(contest, posteriors=seen).play(PAPER, {"cross_entropy": SELECTORS["cross_entropy"]})
    with pytest.raises(InputError, match="selector=anyhow"):
        contest.play(PAPER, {"anyhow": Random()})


def test_names() -> None:
    assert (PAPER.consensus_name, PAPER.stopping_name) == ("majority", "until_majority")
    assert (FUSED.consensus_name, FUSED.stopping_name) == ("posterior_fusion", "adaptive_0.01")
    assert replace(PAPER, adjudication=FixedAnswers(2)).stopping_name == "fixed_2"

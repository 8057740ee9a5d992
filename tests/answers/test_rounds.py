"""Giving out rounds, and what the audit among them says."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from alc.adjudication import Adjudication, SingleAnswer, UntilMajority
from alc.answers import Answer, Shown
from alc.answers.audit import AuditCount, count_audit
from alc.answers.outcome import Outcome, outcome
from alc.answers.rounds import audit_order, give_out, given_out, reranked
from alc.answers.standing import open_ids
from alc.answers.votes import Votes, count_votes
from alc.arrays import IntArray
from alc.errors import InputError

NAMES = ("a", "b")
NOBODY = np.empty(0, dtype=np.int64)


def queue_of(given: IntArray, order: IntArray) -> pd.DataFrame:
    frame = pd.DataFrame(
        {"sample_id": order, "given": np.asarray(NAMES)[given[order]], "rank": np.arange(len(order)) + 1}
    )
    return frame.assign(round=0, reached=0, audit=False)


class Campaign:
    """Rounds over samples 0..N-1 whose truth is known here."""

    def __init__(self, truth: IntArray, given: IntArray, order: IntArray, seed: int, rule: Adjudication) -> None:
        self.truth, self.given, self.seed, self.rule = truth, given, seed, rule
        self.queue = queue_of(given, order)
        self.answers: list[Answer] = []

    def outcome(self) -> tuple[Votes, Outcome]:
        votes = count_votes(self.answers)
        return votes, outcome(np.arange(len(self.truth)), self.given, NAMES, votes, self.rule)

    def round(self, budget: int, share: float, who: str = "anna", shown: Shown = "none") -> list[int]:
        _, result = self.outcome()
        number = int(self.queue["round"].max()) + 1
        self.queue = give_out(
            self.queue,
            is_open=open_ids(self.queue, result),
            answered=result.sample_id[result.answered],
            budget=budget,
            share=share,
            seed=self.seed,
        )
        asked: list[int] = given_out(self.queue, number)["sample_id"].tolist()
        for each in asked:
            time = f"2026-01-01T00:00:00.{len(self.answers):06d}"
            self.answers.append(Answer(f"t:{len(self.answers)}", each, who, NAMES[self.truth[each]], time, shown))
        return asked

    def audit(self) -> AuditCount:
        votes, result = self.outcome()
        return count_audit(self.queue, votes, result, NAMES, self.seed)

    def left_wrong(self) -> float:
        """What the audit is to estimate: the labels as the ranking leaves them."""
        _, result = self.outcome()
        reached = self.queue.set_index("sample_id")["reached"].sort_index().to_numpy() > 0
        return float((np.where(reached, result.label, self.given) != self.truth).mean())


def campaign(seed: int = 0, size: int = 60, rule: Adjudication | None = None, skill: float = 1.0) -> Campaign:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, size)
    given = np.where(rng.random(size) < 0.3, 1 - truth, truth)
    order = np.argsort(-(skill * (given != truth) + rng.random(size)))
    return Campaign(truth, given, order, seed, rule or SingleAnswer())


def test_a_round_is_the_first_of_the_ranking_and_some_of_all() -> None:
    made = campaign()
    ranked = made.queue["sample_id"].tolist()
    asked = made.round(20, 0.2)
    drawn = audit_order(np.arange(60), 0)[:4].tolist()
    assert len(asked) == len(set(asked)) <= 20
    assert set(drawn) <= set(asked)
    assert [each for each in asked if each not in drawn] == [each for each in ranked[:16] if each not in drawn]
    assert set(made.queue.loc[made.queue["reached"] == 1, "sample_id"]) == set(ranked[:16])
    assert made.queue["sample_id"].tolist()[: len(asked)] == asked
    assert made.queue["sample_id"].tolist()[len(asked) :] == [each for each in ranked if each not in asked]
    assert set(made.queue.loc[made.queue["audit"], "sample_id"]) == set(drawn)


def test_the_next_round_goes_on_and_asks_nobody_twice() -> None:
    made = campaign()
    ranked = made.queue["sample_id"].tolist()
    rounds = [made.round(20, 0.2), made.round(20, 0.2), made.round(50, 0.2)]
    flat = [each for one in rounds for each in one]
    assert sorted(flat) == list(range(60))
    assert (made.queue["reached"] > 0).all()
    drawn = audit_order(np.arange(60), 0)[:8].tolist()
    assert set(drawn) <= set(rounds[0] + rounds[1])
    assert made.round(5, 0.2) == []
    front = [each for each in ranked if each in rounds[0] and each not in drawn]
    assert front == [each for each in rounds[0] if each not in drawn]


def test_open_questions_come_first() -> None:
    made = campaign(rule=UntilMajority())
    first = made.round(20, 0.0)
    wrong = [each for each in first if made.given[each] != made.truth[each]]  # one answer against the given label
    second = made.round(20, 0.0, who="ben")
    assert set(second[: len(wrong)]) == set(wrong)
    assert not set(second[len(wrong) :]) & set(first)
    _, result = made.outcome()
    assert result.settled[wrong].all()
    assert (result.label[wrong] == made.truth[wrong]).all()


def test_questions_nobody_answered_are_given_out_again() -> None:
    made = campaign()
    first = made.round(10, 0.0)
    made.answers = made.answers[:4]
    second = made.round(8, 0.0)
    assert second[:6] == first[4:]
    assert len(second) == 8


def test_who_stops_early_leaves_a_prefix_of_the_audit() -> None:
    made = campaign(size=200)
    asked = made.round(100, 0.3)
    drawn = audit_order(np.arange(200), 0)[:30].tolist()
    assert [each for each in asked if each in drawn] == drawn  # in its own order among the others
    made.answers = made.answers[:40]
    audit = made.audit()
    assert audit.audited + len(audit.pending) == 30
    assert list(audit.pending) == drawn[audit.audited :]
    assert 0 < audit.audited < 30


def test_only_blind_answers_judge() -> None:
    made = campaign()
    made.round(20, 0.3, shown="suggested")
    assert made.audit().audited == 0
    assert len(made.audit().pending) == 6


def test_undecided_samples_count_against_stopping_alone() -> None:
    made = campaign()
    made.round(60, 1.0)
    made.answers = [replace(each, label=None) if each.sample_id < 9 else each for each in made.answers]
    audit = made.audit()
    assert (audit.audited, audit.undecided, audit.pending) == (51, 9, ())
    assert audit.wrong == (made.given != made.truth)[9:].sum()  # the ranking came to none
    assert audit.bound(1, 0.95) == (audit.wrong + 9) / 60
    assert audit.estimate(0.95).rate == audit.wrong / 51


def test_the_whole_is_measured_exactly_when_all_are_audited() -> None:
    made = campaign()
    made.round(10, 0.0)
    queue = made.queue.assign(audit=True)
    truth = [Answer(f"all:{each}", each, "carl", NAMES[made.truth[each]], "2026-02-01") for each in range(60)]
    votes = count_votes([*made.answers, *truth])
    _, before = made.outcome()
    audit = count_audit(queue, votes, before, NAMES, made.seed)
    assert audit.wrong / audit.audited == pytest.approx(made.left_wrong())


@pytest.mark.parametrize("skill", [1.0, -1.0])
def test_the_estimate_is_unbiased_and_its_interval_covers(skill: float) -> None:
    """Whether the ranking is good or finds the right labels first, over two rounds."""
    differences, covered = [], 0
    for seed in range(60):
        made = campaign(seed, size=80, skill=skill)
        made.round(16, 0.4)
        made.round(16, 0.4)
        estimate, truth = made.audit().estimate(0.9), made.left_wrong()
        differences.append(estimate.rate - truth)
        covered += estimate.lower <= truth <= estimate.upper
    error = np.std(differences) / np.sqrt(len(differences))
    assert abs(np.mean(differences)) < 3 * error
    assert covered >= 0.9 * 60 - 3 * np.sqrt(60 * 0.9 * 0.1)


def test_another_ranking_changes_what_was_not_given_out() -> None:
    made = campaign(size=12)
    first = made.round(4, 0.0)
    rest = [each for each in made.queue["sample_id"].tolist() if each not in first]
    ranking = pd.DataFrame({"sample_id": [*rest[::-1][:6], first[0]], "score": np.arange(7.0)})
    queue = reranked(made.queue, ranking)
    assert queue["sample_id"].tolist() == [*first, *rest[::-1][:6], *rest[:2]]
    assert sorted(queue["rank"]) == list(range(1, 13))
    assert queue["score"].isna().sum() == 5
    with pytest.raises(InputError, match="1 samples that are not in the queue"):
        reranked(made.queue, pd.DataFrame({"sample_id": [99, 1]}))


def test_the_audit_s_order_depends_on_the_ids_and_the_seed_alone() -> None:
    ids = np.arange(50)
    np.testing.assert_array_equal(audit_order(ids[::-1], 3), audit_order(ids, 3))
    assert audit_order(ids, 3).tolist() != audit_order(ids, 4).tolist()
    assert sorted(audit_order(ids, 3).tolist()) == ids.tolist()


def test_a_budget_that_is_none_is_refused() -> None:
    queue = campaign().queue
    for budget, share in ((0, 0.1), (True, 0.1), (5, 1.5), (5, -0.1)):
        with pytest.raises(InputError):
            give_out(queue, is_open=NOBODY, answered=NOBODY, budget=budget, share=share, seed=0)

"""Votes, what they make of labels, and what is reported as a conflict."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alc.adjudication import FixedAnswers, SingleAnswer, UntilMajority
from alc.answers import Answer
from alc.answers.conflicts import conflicts
from alc.answers.outcome import Outcome, outcome
from alc.answers.votes import count_votes

NAMES = ("a", "b", "c")


def answers(*said: tuple[int, str, str | None]) -> list[Answer]:
    return [
        Answer(f"t:{number}", sample, who, label, f"2026-01-01T00:00:{number:02d}")
        for number, (sample, who, label) in enumerate(said)
    ]


def made(rule: UntilMajority | SingleAnswer | FixedAnswers, *said: tuple[int, str, str | None]) -> Outcome:
    """Of samples 10, 11, 12, given as a, b, c."""
    return outcome(np.array([10, 11, 12]), np.array([0, 1, 2]), NAMES, count_votes(answers(*said)), rule)


def test_the_given_label_keeps_its_vote() -> None:
    result = made(UntilMajority(), (10, "anna", "a"), (11, "anna", "c"), (12, "anna", "a"), (12, "ben", "a"))
    assert result.label.tolist() == [0, 1, 0]
    assert result.settled.tolist() == [True, False, True]  # agreed, tied, two against one
    assert result.votes.tolist() == [[2, 0, 0], [0, 1, 1], [2, 0, 1]]
    assert result.verdict.tolist() == [0, 2, 0]


def test_one_answer_replaces_the_label_and_a_tie_of_two_does_not() -> None:
    result = made(SingleAnswer(), (10, "anna", "b"), (11, "anna", "a"), (11, "ben", "c"))
    assert result.label.tolist() == [1, 1, 2]
    assert result.settled.tolist() == [True, False, False]
    assert result.disagreed.tolist() == [False, True, False]


def test_a_fixed_number_of_answers_is_waited_for() -> None:
    rule = FixedAnswers(answers=2)
    assert made(rule, (10, "anna", "b")).settled.tolist() == [False, False, False]
    assert made(rule, (10, "anna", "b"), (10, "ben", "b")).label.tolist() == [1, 1, 2]


def test_abstentions_leave_a_question_open() -> None:
    result = made(UntilMajority(), (10, "anna", None), (11, "anna", None), (11, "ben", "b"))
    assert result.settled.tolist() == [False, True, False]
    assert result.answered.tolist() == [True, True, False]
    assert result.abstained.tolist() == [1, 1, 0]


def test_the_last_answer_of_a_person_counts() -> None:
    votes = count_votes(answers((10, "anna", "b"), (10, "ben", "b"), (10, "anna", "c"), (10, "ben", "b")))
    assert [(each.annotator, each.label) for each in votes.current] == [("anna", "c"), ("ben", "b")]
    assert [each.key for each in votes.corrected] == ["t:0"]  # Ben said the same again


def test_an_earlier_answer_that_is_brought_later_is_no_correction() -> None:
    late, early = answers((10, "anna", "b"), (10, "anna", "c"))[::-1]
    votes = count_votes([late, early])
    assert [each.label for each in votes.current] == ["c"]


def test_what_was_seen_stays_seen() -> None:
    seen = Answer("t:1", 10, "anna", "b", "2026-01-01T00:00:01", "suggested")
    blind = Answer("t:2", 10, "anna", "b", "2026-01-01T00:00:02", "none")
    assert [each.shown for each in count_votes([seen, blind]).current] == ["suggested"]


def test_conflicts_name_who_said_what() -> None:
    said = answers((10, "anna", "b"), (10, "ben", "c"), (11, "anna", "b"), (11, "anna", "a"))
    said.append(Answer("t:9", 12, "ben", "c", "2026-01-02", "suggested"))
    votes = count_votes(said)
    result = outcome(np.array([10, 11, 12]), np.array([0, 1, 2]), NAMES, votes, UntilMajority())
    table = conflicts(votes, result, NAMES)
    assert list(table["sample_id"]) == [10, 10, 11, 12]
    assert list(table["kind"]) == ["disagreement", "disagreement", "corrected", "after_suggestion"]
    assert list(table["annotator"]) == ["anna", "ben", "anna", "ben"]
    assert list(table["label_now"]) == ["a", "a", "b", "c"]


@settings(max_examples=40, deadline=None)
@given(
    said=st.lists(
        st.tuples(st.sampled_from([10, 11, 12]), st.sampled_from("xyz"), st.sampled_from([None, *NAMES])), max_size=12
    ),
    again=st.integers(1, 3),
)
def test_outcome_property(said: list[tuple[int, str, str | None]], again: int) -> None:
    """Reading the same answers again changes nothing; nobody has two votes; an unsettled label is the given one."""
    once = answers(*said)
    first, second = count_votes(once), count_votes(once * again)
    assert first.current == second.current
    people = {(each.sample_id, each.annotator) for each in first.current}
    assert len(people) == len(first.current)
    result = outcome(np.array([10, 11, 12]), np.array([0, 1, 2]), NAMES, first, UntilMajority())
    assert (result.label == result.given)[~result.settled].all()
    assert result.people.sum() + result.abstained.sum() == len(people)
    assert (result.votes.sum(axis=1) == result.people.sum(axis=1) + 1).all()


def test_an_answer_is_checked() -> None:
    from alc.errors import InputError

    for changes in ({"key": ""}, {"annotator": ""}, {"label": ""}, {"sample_id": True}, {"time": "x"}):
        fields: dict[str, object] = {"key": "k", "sample_id": 1, "annotator": "a", "label": "b", "time": "2026-01-01"}
        with pytest.raises(InputError):
            Answer(**{**fields, **changes})  # type: ignore[arg-type] # on purpose

"""When a question is settled."""

from typing import Any

import numpy as np
import pytest

from alc.adjudication import Adjudication, FixedAnswers, SingleAnswer, UntilMajority
from alc.errors import InputError

STRICT = np.array([True, False, True])


@pytest.mark.parametrize(
    ("rule", "closed_after"),
    [
        (UntilMajority(), {1: [True, False, True], 5: [True, False, True]}),
        (SingleAnswer(), {1: [True, True, True]}),
        (FixedAnswers(3), {1: [False] * 3, 2: [False] * 3, 3: [True] * 3}),
        (FixedAnswers(1, keeps_initial_votes=False), {1: [True] * 3}),
    ],
)
def test_is_closed(rule: Adjudication, closed_after: dict[int, list[bool]]) -> None:
    for number, closed in closed_after.items():
        answer = rule.is_closed(number, STRICT)
        assert answer.dtype == np.bool_
        assert answer.tolist() == closed


def test_who_keeps_the_initial_votes() -> None:
    rules: list[Adjudication] = [UntilMajority(), SingleAnswer(), FixedAnswers(), FixedAnswers(1, False)]
    assert [rule.keeps_initial_votes for rule in rules] == [True, False, True, False]


def test_a_majority_without_the_initial_vote_is_refused() -> None:
    with pytest.raises(InputError, match=r"keeps_initial_votes=false .*Allowed: keeps_initial_votes=true\. .*single"):
        UntilMajority(keeps_initial_votes=False)


@pytest.mark.parametrize(
    ("answers", "keeps", "least"),
    [(1, True, 2), (0, True, 2), (0, False, 1), (-3, True, 2), (2.0, True, 2), (True, False, 1), ("3", True, 2)],
)
def test_fixed_answers_names_the_number(answers: Any, keeps: bool, least: int) -> None:
    with pytest.raises(InputError, match=f"a whole number of {least} or more") as caught:
        FixedAnswers(answers, keeps)
    assert f"adjudication.answers={answers!r} with keeps_initial_votes={keeps}" in str(caught.value)


def test_single_refuses_to_keep_the_initial_vote() -> None:
    with pytest.raises(InputError, match="could never change a label"):
        SingleAnswer(keeps_initial_votes=True)

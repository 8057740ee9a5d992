"""Budgets by hand: where they end, how they are derived, what they refuse."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alc.errors import InputError
from alc.simulation.budget import Budget


@pytest.mark.parametrize(
    ("budget", "exact", "released"),
    [(1, 1, 2), (2, 2, 3), (3, 3, 6), (4, 4, 6), (6, 6, 6), (100, 6, 6)],
)
def test_num_events_by_hand(budget: int, exact: int, released: int) -> None:
    """Three samples that cost 2, 1 and 3 start after 0, 2 and 3 annotations."""
    cost = np.array([2, 1, 3])
    assert Budget("exact").num_events(cost, budget) == exact
    assert Budget("released").num_events(cost, budget) == released


def test_num_events_without_samples() -> None:
    assert Budget("exact").num_events(np.array([], dtype=int), 5) == 0
    assert Budget("released").num_events(np.array([], dtype=int), 5) == 0


@given(cost=st.lists(st.integers(1, 5), min_size=1, max_size=20), budget=st.integers(1, 60))
@settings(max_examples=50, deadline=None)
def test_num_events_matches_a_loop(cost: list[int], budget: int) -> None:
    spent = 0
    for each in cost:
        if spent <= budget:
            spent += each
    assert Budget("released").num_events(np.array(cost), budget) == spent
    exact = Budget("exact").num_events(np.array(cost), budget)
    assert exact == min(budget, sum(cost))
    assert exact <= spent


def test_size_given_or_derived() -> None:
    assert Budget(annotations=7).size(num_wrong=100, num_samples=5) == 7
    assert Budget().size(num_wrong=10, num_samples=25) == 40
    assert Budget(capped_at_samples=True).size(num_wrong=10, num_samples=25) == 25
    assert Budget(per_wrong_label=2.5).size(num_wrong=5, num_samples=25) == 12
    assert Budget(per_wrong_label=4.35).size(num_wrong=100, num_samples=25) == 435  # the product is 434.99999999999994
    assert Budget("released", per_wrong_label=3.0, capped_at_samples=True).size(769, 5000) == 2307
    assert Budget(annotations=7, capped_at_samples=True).size(num_wrong=1, num_samples=5) == 7


def test_a_derived_budget_of_nothing_is_told() -> None:
    with pytest.raises(
        InputError, match=r"4\.0 annotations per wrong label is 0: 0 labels are wrong\. Add label noise"
    ):
        Budget().size(num_wrong=0, num_samples=10)
    with pytest.raises(InputError, match=r"0\.1 annotations per wrong label is 0: 5 labels"):
        Budget(per_wrong_label=0.1).size(num_wrong=5, num_samples=10)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("rule", "strict", r"budget\.rule='strict' is unknown\. Allowed: exact, released"),
        ("annotations", 0, r"budget\.annotations=0 buys nothing\. Allowed: .* Type e\.g\. budget\.annotations=1000"),
        ("annotations", -5, r"budget\.annotations=-5 buys nothing"),
        ("annotations", 10.5, r"budget\.annotations=10\.5\. Allowed: a whole number of 1 or more, or null"),
        ("annotations", "many", r"budget\.annotations='many'"),
        ("annotations", True, r"budget\.annotations=True"),
        ("per_wrong_label", 0.0, r"budget\.per_wrong_label=0\.0\. Allowed: a number above 0"),
        ("per_wrong_label", -1, r"budget\.per_wrong_label=-1"),
        ("per_wrong_label", float("nan"), r"budget\.per_wrong_label=nan"),
        ("per_wrong_label", float("inf"), r"budget\.per_wrong_label=inf"),
        ("per_wrong_label", "many", r"budget\.per_wrong_label='many'"),
        ("per_wrong_label", None, r"budget\.per_wrong_label=None"),
    ],
)
def test_bad_budgets_are_named(key: str, value: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Budget(**{key: value})

"""Kill -9 of a sweep at random moments, then one more start: the results are those of an undisturbed sweep."""

from pathlib import Path

import pytest

from tests.integration.sweeps import kill, results, sweep

FOUR = ["noise.rate=0.2,0.4", "trainer.max_epochs=3", "trainer.limit_train_batches=1.0"]
"""Four simulations on two trainings of three epochs."""


def compare(folder: Path, *arguments: str, times: int, seed: int) -> None:
    said, seconds = sweep(folder, "whole", *arguments)
    expected = results(folder / "whole")
    assert f"{len(expected) // 2} points, {len(expected) // 2} computed now" in said
    finished = kill(folder, "killed", *arguments, times=times, seconds=seconds, seed=seed)
    assert len(finished) == times
    assert finished[0] < len(expected) // 2, "the first kill came too late to disturb anything"
    again, _ = sweep(folder, "killed", *arguments)
    assert "failed" not in again
    assert results(folder / "killed") == expected
    assert not list((folder / "killed").rglob(".*.tmp*"))


def test_a_killed_sweep_ends_as_if_nothing_had_happened(folder: Path) -> None:
    compare(folder, *FOUR, times=3, seed=0)


@pytest.mark.slow
@pytest.mark.parametrize("launcher", ["local", "joblib"])
def test_a_sweep_killed_ten_times_ends_as_if_nothing_had_happened(folder: Path, launcher: str) -> None:
    compare(folder, *FOUR, f"launcher={launcher}", times=10, seed=1)

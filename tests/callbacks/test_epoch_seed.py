"""Torch's numbers are a function of seed, epoch and process, and of nothing else."""

from types import SimpleNamespace
from typing import Any

import torch

from alc.callbacks.epoch_seed import EpochSeed


def numbers(seed: int, epoch: int, rank: int) -> list[float]:
    trainer: Any = SimpleNamespace(current_epoch=epoch, global_rank=rank)
    with torch.random.fork_rng():
        torch.rand(epoch + 3)  # whatever was drawn before
        EpochSeed(seed).on_train_epoch_start(trainer, torch.nn.Identity())  # type: ignore[arg-type]
        drawn: list[float] = torch.rand(4).tolist()
    return drawn


def test_each_epoch_process_and_seed_draws_anew_and_the_same_again() -> None:
    cases = [(seed, epoch, rank) for seed in (0, 1) for epoch in (0, 1, 2) for rank in (0, 1)]
    found = {case: numbers(*case) for case in cases}
    assert len({tuple(each) for each in found.values()}) == len(cases)
    assert all(numbers(*case) == each for case, each in found.items())

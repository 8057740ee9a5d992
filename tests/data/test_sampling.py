"""The order of training rows: complete, reproducible, shared out without repeats."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from alc.data.sampling import EpochSeededSampler, balanced_weights, check_sampling
from alc.errors import InputError


@settings(max_examples=40, deadline=None)
@given(n=st.integers(1, 70), batch=st.integers(1, 30), world=st.integers(1, 3), seed=st.none() | st.integers(0, 5))
def test_every_row_once_per_epoch_over_all_processes(n: int, batch: int, world: int, seed: int | None) -> None:
    rows = np.arange(n) * 3 + 1
    samplers = [EpochSeededSampler(rows, batch, seed, rank, world) for rank in range(world)]
    parts = [list(sampler) for sampler in samplers]
    assert sorted(torch.cat([torch.cat(part) for part in parts]).tolist()) == rows.tolist()
    assert {len(part) for part in parts} == {len(samplers[0])} == {-(-n // batch)}
    sizes = [sum(len(part[i]) for part in parts) for i in range(len(samplers[0]))]
    assert max(sizes) <= batch
    assert max(sizes) - min(sizes) <= 1


def test_order_is_a_function_of_seed_and_epoch() -> None:
    def order(seed: int, epoch: int) -> list[int]:
        sampler = EpochSeededSampler(np.arange(50), 8, seed)
        sampler.set_epoch(epoch)
        return torch.cat(list(sampler)).tolist()

    assert order(0, 3) == order(0, 3)
    assert len({tuple(order(seed, epoch)) for seed in (0, 1) for epoch in (0, 1)}) == 4


def test_two_processes_share_the_batches_of_one() -> None:
    whole = list(EpochSeededSampler(np.arange(20), 6, seed=0))
    shares = [list(EpochSeededSampler(np.arange(20), 6, 0, rank, 2)) for rank in range(2)]
    for batch, first, second in zip(whole, *shares, strict=True):
        assert sorted(torch.cat([first, second]).tolist()) == sorted(batch.tolist())


def test_prediction_keeps_the_order() -> None:
    assert torch.cat(list(EpochSeededSampler(np.array([4, 2, 9]), 2))).tolist() == [4, 2, 9]


def test_batch_size_zero_is_refused() -> None:
    with pytest.raises(InputError, match="batch size is 0"):
        EpochSeededSampler(np.arange(3), 0)


def test_balanced_draws_show_all_classes_equally_often() -> None:
    labels = np.repeat([0, 1], [950, 50])
    sampler = EpochSeededSampler(np.arange(1000) + 7, 100, seed=0, weights=balanced_weights(labels))
    drawn = torch.cat(list(sampler)).numpy() - 7
    assert len(drawn) == 1000
    assert drawn.min() >= 0
    assert 420 < (labels[drawn] == 1).sum() < 580  # of 1000 draws; five standard deviations are 79
    assert np.bincount(drawn[labels[drawn] == 1]).max() > 5  # with replacement


def test_balanced_draws_are_a_function_of_seed_and_epoch_and_shared_by_processes() -> None:
    weights = balanced_weights(np.arange(40) % 3)

    def batches(seed: int, epoch: int, rank: int = 0, world: int = 1) -> list[list[int]]:
        sampler = EpochSeededSampler(np.arange(40), 8, seed, rank, world, weights=weights)
        sampler.set_epoch(epoch)
        return [batch.tolist() for batch in sampler]

    assert batches(0, 3) == batches(0, 3)  # so a resumed run goes on as it would have
    assert len({str(batches(seed, epoch)) for seed in (0, 1) for epoch in (0, 1)}) == 4
    for whole, first, second in zip(batches(0, 1), batches(0, 1, 0, 2), batches(0, 1, 1, 2), strict=True):
        assert sorted(first + second) == sorted(whole)


def test_prediction_is_never_drawn() -> None:
    assert torch.cat(list(EpochSeededSampler(np.arange(5), 2, weights=np.ones(5)))).tolist() == [0, 1, 2, 3, 4]


def test_sampling_is_one_of_two() -> None:
    check_sampling("balanced")
    with pytest.raises(InputError, match=r"loader.sampling is 'fair'"):
        check_sampling("fair")

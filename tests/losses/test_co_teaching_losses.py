"""Small-loss selection and forget rates, by hand and against the plain algorithm in NumPy."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from alc.errors import InputError
from alc.losses.co_teaching import co_teaching_loss, forget_rate, num_kept, small_loss


def test_small_loss_keeps_the_smallest_and_equals_in_order() -> None:
    assert small_loss(torch.tensor([5.0, 1.0, 4.0, 2.0, 3.0]), 0.4).tolist() == [1, 3, 4]
    assert small_loss(torch.zeros(4), 0.5).tolist() == [0, 1]
    assert small_loss(torch.tensor([2.0, 1.0]), 0.0).tolist() == [1, 0]


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 300), st.integers(0, 99))
def test_num_kept_property(size: int, percent: int) -> None:
    assert num_kept(size, percent / 100) == max(1, (100 - percent) * size // 100)


def plain_loss(logits: np.ndarray, labels: np.ndarray, rate: float) -> float:
    """Each network on the samples of the other, one sample at a time."""
    losses = np.empty(logits.shape[:2])
    for m, network in enumerate(logits):
        for i, row in enumerate(network):
            losses[m, i] = np.log(np.exp(row).sum()) - row[labels[i]]
    keep = int((1 - rate) * len(labels))
    chosen = [sorted(range(len(labels)), key=lambda i: losses[m, i])[:keep] for m in (0, 1)]
    return float(losses[0][chosen[1]].mean() + losses[1][chosen[0]].mean())


@pytest.mark.parametrize("rate", [0.0, 0.25, 0.5])
def test_loss_matches_the_plain_algorithm(rate: float) -> None:
    rng = np.random.default_rng(1)
    logits, labels = rng.normal(size=(2, 12, 4)), rng.integers(0, 4, 12)
    got = co_teaching_loss(torch.from_numpy(logits), torch.from_numpy(labels), rate)
    assert float(got) == pytest.approx(plain_loss(logits, labels, rate), rel=1e-6)


def test_gradients_reach_only_what_the_other_network_keeps() -> None:
    logits = torch.tensor([[[9.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [9.0, 0.0]]], requires_grad=True)
    (gradient,) = torch.autograd.grad(co_teaching_loss(logits, torch.tensor([0, 0]), 0.5), logits)
    moved = gradient.abs().sum(dim=2) > 0
    assert moved.tolist() == [[False, True], [True, False]]  # the first is sure of sample 0, so the second learns it


def test_class_weights_count_what_is_kept_and_do_not_choose_it() -> None:
    easy, hard = [2.0, 0.0], [0.5, 0.0]
    logits = torch.tensor([[easy, hard, [0.0, 1.0]]] * 2)
    labels, weight = torch.tensor([0, 0, 1]), torch.tensor([0.5, 4.0])
    kept = co_teaching_loss(logits, labels, 1 / 3, weight)  # the third is weighted up, and kept for its plain loss
    plain = torch.nn.functional.cross_entropy(logits[0], labels, reduction="none")
    assert plain.argsort().tolist() == [0, 2, 1]
    assert float(kept) == pytest.approx(2 * float(0.5 * plain[0] + 4.0 * plain[2]) / 2)
    equal = co_teaching_loss(logits, labels, 1 / 3, torch.ones(2))
    torch.testing.assert_close(equal, co_teaching_loss(logits, labels, 1 / 3))


def test_gradients_are_finite_in_bf16() -> None:
    logits = (torch.randn(2, 8, 3, generator=torch.Generator().manual_seed(0)) * 100).bfloat16().requires_grad_()
    (gradient,) = torch.autograd.grad(co_teaching_loss(logits, torch.arange(8) % 3, 0.3), logits)
    assert torch.isfinite(gradient).all()


def released_table(rate: float, epochs: int, warm_up: int, gradual: int) -> list[float]:
    """The table as the released code fills it: everything, then the ramp, then the warm-up over it."""
    table = np.full(epochs, rate)
    table[:gradual] = np.linspace(0, rate, gradual)
    table[:warm_up] = 0
    return [float(each) for each in table]


@pytest.mark.parametrize(
    ("rate", "warm_up", "gradual"), [(0.15, 25, 10), (0.28, 3, 10), (0.2, 0, 5), (0.15, 20, 0), (0.3, 0, 1)]
)
def test_released_schedule_matches_its_table(rate: float, warm_up: int, gradual: int) -> None:
    got = [forget_rate(epoch, rate, warm_up, gradual, "released") for epoch in range(40)]
    np.testing.assert_allclose(got, released_table(rate, 40, warm_up, gradual))


def test_the_papers_recipe_jumps_as_released_and_ramps_by_default() -> None:
    released = [forget_rate(epoch, 0.28, 25, 10, "released") for epoch in (24, 25, 26)]
    assert released == [0.0, 0.28, 0.28]
    ramp = [forget_rate(epoch, 0.28, 25, 10) for epoch in (24, 25, 29, 33, 34, 35, 159)]
    assert ramp == pytest.approx([0.0, 0.028, 0.14, 0.252, 0.28, 0.28, 0.28])
    assert [forget_rate(epoch, 0.3, 2, 0) for epoch in range(4)] == [0, 0, 0.3, 0.3]


def test_ramp_without_warm_up_is_that_of_han_et_al_one_epoch_earlier() -> None:
    theirs = [0.2 * min(epoch / 10, 1.0) for epoch in range(20)]
    assert [forget_rate(epoch, 0.2, 1, 10) for epoch in range(20)] == pytest.approx(theirs)


def test_unknown_schedule_is_refused() -> None:
    with pytest.raises(InputError, match="schedule is 'linear'"):
        forget_rate(0, 0.2, 1, 1, "linear")  # type: ignore[arg-type]  # what a config can hold

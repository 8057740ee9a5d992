"""ELR as a module: running means filed under rows, kept in the state."""

from functools import partial
from typing import Any

import pytest
import torch

from alc.data.batch import Batch
from alc.errors import InputError
from alc.losses.elr import elr
from alc.methods.elr import EarlyLearning
from alc.methods.joined_rows import joined_rows
from alc.models.small_resnet import SmallResNet

TINY = partial(SmallResNet, stem=4, widths=(8,), blocks=(1,), strides=(2,))


def module(**options: Any) -> EarlyLearning:
    torch.manual_seed(0)
    made = EarlyLearning(TINY, 3, partial(torch.optim.SGD, lr=0.1), **options)
    made.prepare(torch.zeros(10, dtype=torch.int64), torch.arange(10))
    made._seen = torch.zeros(10, dtype=torch.bool)
    return made


def batch(rows: list[int]) -> Batch:
    image = torch.randn(len(rows), 3, 8, 8, generator=torch.Generator().manual_seed(0))
    return {"image": image, "label": torch.arange(len(rows)) % 3, "index": torch.tensor(rows)}


def test_running_means_are_filed_under_their_rows() -> None:
    network, logits = module(beta=0.5, regularisation=2.0), torch.randn(1, 2, 3)
    first = network.loss(logits, batch([7, 2]))
    expected, targets = elr(logits[0], torch.tensor([0, 1]), torch.zeros(2, 3), 0.5, 2.0)
    torch.testing.assert_close(first, expected)
    torch.testing.assert_close(network.targets[[7, 2]], targets)
    assert not network.targets[[0, 1, 3, 4, 5, 6, 8, 9]].any()
    network.loss(logits, batch([2, 7]))
    _, again = elr(logits[0], torch.tensor([0, 1]), targets[[1, 0]], 0.5, 2.0)
    torch.testing.assert_close(network.targets[[2, 7]], again)
    torch.testing.assert_close(network.state_dict()["targets"], network.targets)


def test_gradients_are_finite_in_bf16() -> None:
    network, given = module(), batch([0, 1, 2, 3, 4, 5])
    for _ in range(3):
        with torch.autocast("cpu", torch.bfloat16):
            loss = network.loss(network(given["image"]), given)
        assert all(bool(torch.isfinite(each).all()) for each in torch.autograd.grad(loss, list(network.parameters())))


def test_class_weights_come_from_the_training_labels_alone() -> None:
    network, given = module(class_weights="inverse_frequency"), batch([0, 1, 2])
    network.prepare(torch.tensor([0, 0, 0, 1, 2, 2]), torch.arange(4))
    assert network.class_weight is not None
    assert network.class_weight.tolist() == pytest.approx([4 / (2 * 3), 4 / 2, 0])
    assert "class_weight" not in network.state_dict()
    network._seen = torch.zeros(6, dtype=torch.bool)
    logits = torch.randn(1, 3, 3, generator=torch.Generator().manual_seed(0))
    expected, _ = elr(logits[0], given["label"], torch.zeros(3, 3), 0.9, 3.0, network.class_weight)
    torch.testing.assert_close(network.loss(logits, given), expected)
    with pytest.raises(InputError, match=r"method\.class_weights is 'balanced'"):
        module(class_weights="balanced")


@pytest.mark.parametrize(("name", "value"), [("beta", 1.0), ("beta", -0.1), ("regularisation", -1.0)])
def test_impossible_options_are_refused(name: str, value: float) -> None:
    with pytest.raises(InputError, match=f"method.{name} is {value}"):
        module(**{name: value})


def test_one_process_joins_nothing() -> None:
    table = torch.rand(4, 2)
    assert torch.equal(joined_rows(table, torch.tensor([True, False, True, False])), table)

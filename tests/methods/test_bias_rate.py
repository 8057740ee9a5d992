"""Biases at a rate of their own."""

from functools import partial

import pytest

from alc.errors import InputError
from alc.methods.bias_rate import sgd_with_bias_rate
from alc.models.small_resnet import SmallResNet

SMALL = partial(SmallResNet, stem=4, widths=(8,), blocks=(1,), strides=(2,))


def test_biases_have_a_rate_and_no_decay() -> None:
    network = SMALL(num_classes=2)
    build = partial(sgd_with_bias_rate, lr=0.1, momentum=0.9, weight_decay=1e-3, nesterov=False, bias_rate=4.0)
    weights, biases = build(network.parameters()).param_groups
    assert all(each.ndim >= 2 for each in weights["params"])
    assert all(each.ndim == 1 for each in biases["params"])
    assert len(weights["params"]) + len(biases["params"]) == len([*network.parameters()])
    assert (weights["lr"], weights["weight_decay"]) == (0.1, 1e-3)
    assert (biases["lr"], biases["weight_decay"]) == (0.4, 0.0)
    two = [{"params": [network.get_parameter("stem.weight")]}, {"params": list(network.classifier.parameters())}]
    groups = build(two).param_groups
    assert [len(group["params"]) for group in groups] == [2, 1]
    with pytest.raises(InputError, match="bias_rate is 0"):
        sgd_with_bias_rate([network.get_parameter("stem.weight")], 0.1, 0.9, 0.0, False, 0.0)

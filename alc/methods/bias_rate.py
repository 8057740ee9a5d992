"""SGD that trains biases faster than weights and does not decay them."""

from collections.abc import Iterable
from typing import Any

from torch.nn import Parameter
from torch.optim import SGD

from alc.errors import InputError

__all__ = ["sgd_with_bias_rate"]


def sgd_with_bias_rate(
    params: Iterable[Parameter] | list[dict[str, Any]],
    lr: float,
    momentum: float,
    weight_decay: float,
    nesterov: bool,
    bias_rate: float,
) -> SGD:
    """SGD with two groups for each it is given: weights, and parameters of one dimension (biases, shifts and scales).

    The second are trained at ``bias_rate * lr`` without decay, as in airbench (Jordan 2024, arXiv 2404.00498, §3.4: 64
    times), where batch normalisation has nothing but shifts.

    Args:
        params: Parameters, or groups of them.
        lr: Learning rate of the weights.
        momentum: Of all.
        weight_decay: Of the weights.
        nesterov: Whether the momentum is Nesterov's.
        bias_rate: Above 0; 1 only spares the second group the decay.
    """
    if not bias_rate > 0:
        raise InputError(f"optimizer.bias_rate is {bias_rate}", allowed="a number above 0")
    groups: list[dict[str, Any]] = []
    everything: list[Any] = list(params)
    for given in everything:
        group: dict[str, Any] = given if isinstance(given, dict) else {"params": [given]}
        for flat in (False, True):
            chosen = [each for each in group["params"] if (each.ndim < 2) == flat]
            if chosen:
                rates = {"lr": lr * bias_rate, "weight_decay": 0.0} if flat else {}
                groups.append({**group, "params": chosen, **rates})
    return SGD(_joined(groups), lr=lr, momentum=momentum, weight_decay=weight_decay, nesterov=nesterov)


def _joined(groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Groups of the same settings as one."""
    joined: dict[tuple[tuple[str, Any], ...], dict[str, Any]] = {}
    for group in groups:
        settings = tuple(sorted((name, value) for name, value in group.items() if name != "params"))
        joined.setdefault(settings, {**group, "params": []})["params"] += group["params"]
    return list(joined.values())

"""SimCLR and BYOL: losses by hand and by brute force, the target's steps, what is trained and what is not."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from alc.errors import InputError
from alc.methods.byol import BYOL, momentum
from alc.methods.self_supervised import SelfSupervisedModule
from alc.methods.simclr import SimCLR
from alc.methods.warm_up import warm_up_cosine, warm_up_factor
from alc.models.cifar_resnet import CifarResNet
from alc.models.small_resnet import SmallResNet

SMALL = partial(SmallResNet, stem=4, widths=(8,), blocks=(1,), strides=(2,))
SGD = partial(torch.optim.SGD, lr=0.1)
METHODS: dict[str, Callable[..., SelfSupervisedModule]] = {
    "simclr": partial(SimCLR, SMALL, SGD, hidden=16, output=6),
    "byol": partial(BYOL, SMALL, SGD, hidden=16, output=6, predictor_hidden=5),
}


def images(count: int, seed: int = 0) -> Tensor:
    return torch.randn(count, 3, 8, 8, generator=torch.Generator().manual_seed(seed))


def seeded(make: Callable[..., SelfSupervisedModule], seed: int = 0, **options: Any) -> SelfSupervisedModule:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return make(**options)


def unit(values: Tensor) -> Any:
    array = values.detach().double().numpy()
    return array / np.linalg.norm(array, axis=1, keepdims=True)


def contrastive(projections: Tensor, temperature: float) -> float:
    """Equation 1 of Chen et al. 2020, one pair after the other."""
    z = unit(projections)
    count = len(z)
    total = 0.0
    for i in range(count):
        partner = (i + count // 2) % count
        others = sum(math.exp(float(z[i] @ z[k]) / temperature) for k in range(count) if k != i)
        total -= math.log(math.exp(float(z[i] @ z[partner]) / temperature) / others)
    return total / count


@pytest.mark.parametrize("temperature", [0.1, 0.5, 2.0])
def test_simclr_loss_is_the_papers_equation(temperature: float) -> None:
    module = seeded(METHODS["simclr"], temperature=temperature)
    found = module.project(images(10))
    assert found["loss"].item() == pytest.approx(contrastive(found["projections"], temperature), rel=1e-4)


def test_simclr_loss_by_hand() -> None:
    """Two images whose views agree and are orthogonal to the other's: each view has cosines 1, 0 and 0."""
    module = seeded(METHODS["simclr"], temperature=0.5)
    assert isinstance(module, SimCLR)
    first = torch.tensor([[2.0, 0.0], [0.0, 3.0]])
    assert float(module.contrast(first, first)) == pytest.approx(-math.log(math.e**2 / (math.e**2 + 2)))


def test_byol_loss_is_the_mean_cosine_over_both_directions() -> None:
    module = seeded(METHODS["byol"])
    assert isinstance(module, BYOL)
    batch = images(8)
    module.eval()  # so that repeated passes agree
    online = module.projector(module.backbone.features(batch))
    predicted, target = unit(module.predictor(online)), unit(module.target_projector(module.encoder.features(batch)))
    expected = -np.mean([predicted[i] @ target[(i + 4) % 8] for i in range(8)])
    found = module.project(batch)
    assert found["loss"].item() == pytest.approx(expected, rel=1e-5)
    torch.testing.assert_close(found["projections"], online)


def test_byol_gradients_do_not_reach_the_target() -> None:
    module = seeded(METHODS["byol"])
    assert isinstance(module, BYOL)
    torch.autograd.backward(module.project(images(8))["loss"])
    assert all(each.grad is None for each in module.encoder.parameters())
    assert all(each.grad is None for each in module.target_projector.parameters())
    online = [*module.projector.parameters(), *module.predictor.parameters()]
    assert all(each.grad is not None and bool(each.grad.abs().sum() > 0) for each in online)


def test_the_batch_normalisation_of_the_target_sees_the_batches() -> None:
    module = seeded(METHODS["byol"])
    before = {name: value.clone() for name, value in module.encoder.named_buffers() if "running_mean" in name}
    module.project(images(8))
    after = dict(module.encoder.named_buffers())
    assert before
    assert all(not torch.equal(after[name], value) for name, value in before.items())


def test_simclr_gradients_reach_both_views() -> None:
    """Against the loss written as one cross-entropy over all other views."""
    module = seeded(METHODS["simclr"], temperature=0.3)
    assert isinstance(module, SimCLR)
    ours, theirs = (images(10)[:, :, :2, 0].flatten(1).clone().requires_grad_() for _ in range(2))
    torch.autograd.backward(module.contrast(*ours.chunk(2)))
    unit_length = torch.nn.functional.normalize(theirs, dim=1)
    cosines = (unit_length @ unit_length.T / 0.3).masked_fill(torch.eye(10, dtype=torch.bool), -torch.inf)
    torch.autograd.backward(torch.nn.functional.cross_entropy(cosines, torch.arange(10).roll(5)))
    torch.testing.assert_close(ours.grad, theirs.grad)


class Trainer:
    """As much of a trainer as the target's step asks for."""

    estimated_stepping_batches = 4


def test_the_target_follows_by_the_schedule(monkeypatch: pytest.MonkeyPatch) -> None:
    module = seeded(METHODS["byol"], base_momentum=0.5)
    assert isinstance(module, BYOL)
    monkeypatch.setattr(BYOL, "trainer", Trainer())
    start = {name: value.clone() for name, value in module.encoder.named_parameters()}
    head = {name: value.clone() for name, value in module.target_projector.named_parameters()}
    with torch.no_grad():
        for each in (*module.backbone.parameters(), *module.projector.parameters()):
            each.add_(1.0)
    monkeypatch.setattr(BYOL, "global_step", 3)  # after the third optimiser step, which is number 2 of 0..3
    module.on_train_batch_end(None, None, 2)
    kept = 1 - 0.5 * (math.cos(math.pi * 2 / 4) + 1) / 2
    assert kept == pytest.approx(0.75)
    for name, value in module.encoder.named_parameters():
        torch.testing.assert_close(value, start[name] + (1 - kept))
    for name, value in module.target_projector.named_parameters():
        torch.testing.assert_close(value, head[name] + (1 - kept))


def test_momentum_runs_from_base_to_one() -> None:
    values = [momentum(step, 10, 0.99) for step in range(11)]
    assert values[0] == pytest.approx(0.99)
    assert values[-1] == 1.0
    assert values == sorted(values)


@pytest.mark.parametrize("method", METHODS)
def test_the_classifier_is_left_alone(method: str) -> None:
    """Its parameters ask for no gradient, so several processes do not wait for one."""
    module = seeded(METHODS[method])
    trained = {id(each) for group in module.configure_optimizers().param_groups for each in group["params"]}
    assert not any(id(each) in trained for each in module.backbone.head.parameters())
    torch.autograd.backward(module.project(images(8))["loss"])
    assert all((each.grad is not None) == (id(each) in trained) for each in module.parameters())


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("backbone", [SMALL, partial(CifarResNet, depth=8)])
def test_gradients_are_finite_in_bfloat16(method: str, backbone: Any) -> None:
    module = seeded(METHODS[method].func, backbone=backbone, optimizer=SGD, hidden=16, output=6)  # type: ignore[attr-defined]
    with torch.autocast("cpu", torch.bfloat16):
        loss = module.project(images(8))["loss"]
    assert loss.dtype == torch.float32
    torch.autograd.backward(loss)
    grads = [each.grad for each in module.parameters() if each.grad is not None]
    assert grads
    assert all(bool(torch.isfinite(each).all()) for each in grads)


def test_spread_tells_a_collapse(monkeypatch: pytest.MonkeyPatch) -> None:
    module = seeded(METHODS["simclr"])
    logged: dict[str, float] = {}
    monkeypatch.setattr(SimCLR, "log", lambda self, name, value, **_: logged.__setitem__(name, float(value)))
    batch: Any = {"index": torch.arange(500), "image": torch.zeros(0), "label": torch.zeros(0)}
    for projections, spread in [(torch.ones(1000, 64), 0.0), (torch.randn(1000, 64), 1.0)]:
        said = {"loss": torch.tensor(1.0), "projections": projections}
        monkeypatch.setattr(SimCLR, "project", lambda self, image, said=said: said)
        module.training_step(batch, 0)
        assert logged["train/spread"] == pytest.approx(spread, abs=0.02)


@pytest.mark.parametrize(
    ("make", "options", "message"),
    [
        (METHODS["simclr"], {"temperature": 0.0}, "ssl.method.temperature is 0"),
        (METHODS["simclr"], {"hidden": 0}, "ssl.method.hidden is 0"),
        (METHODS["simclr"], {"output": 1.5}, "ssl.method.output is 1.5"),
        (METHODS["byol"], {"base_momentum": 1.0}, "ssl.method.base_momentum is 1"),
        (METHODS["byol"], {"predictor_hidden": True}, "ssl.method.predictor_hidden is True"),
    ],
)
def test_bad_options_are_refused(make: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        make(**options)


def test_the_rate_rises_and_falls() -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=2.0)
    scheduler = warm_up_cosine(optimizer, warm_up=0.4, epochs=7, floor=0.1)
    rates = []
    for _ in range(7):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    half = [0.1 + 0.9 * (1 + math.cos(math.pi * k / 4)) / 2 for k in range(4)]
    assert rates == pytest.approx([2 * factor for factor in (0.25, 0.5, 0.75, *half)])
    assert warm_up_factor(7, 3, 7, 0.1) == pytest.approx(0.1)


@pytest.mark.parametrize(("options", "message"), [({"warm_up": 1}, "warm_up is 1"), ({"floor": 2.0}, "floor is 2")])
def test_a_schedule_that_can_not_be_is_refused(options: dict[str, Any], message: str) -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    with pytest.raises(InputError, match=message):
        warm_up_cosine(optimizer, **({"warm_up": 0.2, "epochs": 5} | options))

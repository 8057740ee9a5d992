"""The encoder's own learning rate: a share of the optimiser's, whatever the schedule does."""

from functools import partial
from typing import Any

import pytest
import torch
from torch.optim import SGD, AdamW
from torch.optim.lr_scheduler import CosineAnnealingLR, LRScheduler, MultiStepLR

from alc.methods.base import ClassifierModule
from alc.methods.co_teaching import CoTeaching
from alc.methods.cross_entropy import CrossEntropy
from alc.methods.elr import EarlyLearning
from alc.models.small_resnet import SmallResNet
from alc.models.tuning import FineTune, LinearProbe

SMALL = partial(SmallResNet, stem=4, widths=(8,), blocks=(1,), strides=(2,))
METHODS: list[type[ClassifierModule]] = [CrossEntropy, CoTeaching, EarlyLearning]


def made(module: ClassifierModule) -> tuple[torch.optim.Optimizer, LRScheduler]:
    built: Any = module.configure_optimizers()
    return built["optimizer"], built["lr_scheduler"]["scheduler"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("schedule", [partial(CosineAnnealingLR, T_max=6), partial(MultiStepLR, milestones=[2, 4])])
def test_the_schedule_scales_both_groups(method: type[ClassifierModule], schedule: Any) -> None:
    module = method(FineTune(0.1)(SMALL), 3, partial(SGD, lr=0.5, momentum=0.9), schedule)
    plain = method(SMALL, 3, partial(SGD, lr=0.5, momentum=0.9), schedule)
    (optimizer, scheduler), (alone, its_own) = made(module), made(plain)
    heads, encoders = optimizer.param_groups
    assert {id(each) for each in heads["params"]} == {id(p) for net in module.backbones for p in net.head.parameters()}
    assert len(heads["params"]) + len(encoders["params"]) == len(list(module.parameters()))
    for _ in range(6):
        assert heads["lr"] == pytest.approx(alone.param_groups[0]["lr"])
        assert encoders["lr"] == pytest.approx(0.1 * alone.param_groups[0]["lr"])
        for each in (optimizer, alone):
            each.step()
        scheduler.step()
        its_own.step()


def test_a_step_moves_the_encoder_by_its_share() -> None:
    torch.manual_seed(0)
    tuned, plain = (CrossEntropy(build, 3, partial(SGD, lr=0.5)) for build in (FineTune(0.25)(SMALL), SMALL))
    tuned.load_state_dict(plain.state_dict())
    before = {name: value.clone() for name, value in plain.state_dict().items()}
    for module in (tuned, plain):
        optimizer = module.configure_optimizers()
        module(torch.ones(4, 3, 8, 8)).square().sum().backward()
        optimizer.step()
    for name, theirs in plain.named_parameters():
        share = 1.0 if "classifier" in name else 0.25
        step = tuned.state_dict()[name] - before[name]
        torch.testing.assert_close(step, share * (theirs.detach() - before[name]), rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("build", [SMALL, FineTune(1.0)(SMALL)])
def test_one_rate_is_one_group_of_all_in_their_order(build: Any) -> None:
    module = CoTeaching(build, 3, partial(AdamW, lr=0.1))
    (group,) = module.configure_optimizers().param_groups
    assert all(ours is theirs for ours, theirs in zip(group["params"], module.parameters(), strict=True))


def test_a_probe_is_one_group_of_its_classifiers() -> None:
    module = CoTeaching(LinearProbe()(SMALL), 3, partial(AdamW, lr=0.1))
    (group,) = module.configure_optimizers().param_groups
    assert [tuple(each.shape) for each in group["params"]] == [(3, 8), (3,)] * 2

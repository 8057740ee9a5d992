"""Tuning: what of a network is trained, and under which names its weights are kept."""

from functools import partial
from pathlib import Path

import pytest
import torch
from torch import nn

from alc.callbacks.dropout_draws import dropout_layers
from alc.errors import InputError
from alc.models.backbone import TimmBackbone
from alc.models.base import Backbone, BackboneFactory
from alc.models.cifar_resnet import CifarResNet
from alc.models.small_resnet import SmallResNet
from alc.models.tuning import FineTune, Full, LinearProbe, ProbedEncoder
from alc.models.weights import Start
from alc.models.weights_file import save_weights

BACKBONES: dict[str, BackboneFactory] = {
    "small": partial(SmallResNet, stem=4, widths=(8,), blocks=(1,), strides=(2,), dropout=0.5),
    "cifar": partial(CifarResNet, depth=8),
    **{
        name: partial(TimmBackbone, name=name, dropout=0.3)
        for name in ("test_resnet", "test_vit2", "test_convnext", "test_efficientnet", "test_byobnet")
    },
}


@pytest.mark.parametrize("name", BACKBONES)
def test_a_probe_trains_its_classifier_alone(name: str) -> None:
    torch.manual_seed(0)
    size = 64 if name == "test_vit2" else 32
    plain = BACKBONES[name](num_classes=4)
    probe = LinearProbe(0.2)(BACKBONES[name])(num_classes=4)
    assert isinstance(probe, ProbedEncoder)
    module, head = plain.loadable()
    probe.loadable()[0].load_state_dict(
        {k: v for k, v in module.state_dict().items() if not k.startswith(f"{head}.")}, strict=True
    )
    assert probe.loadable()[1] == head
    trained = [key for key, weight in probe.named_parameters() if weight.requires_grad]
    assert trained == ["classifier.weight", "classifier.bias"]
    before = {key: value.clone() for key, value in probe.encoder.state_dict().items()}
    image = torch.randn(6, 3, size, size)
    probe.train()(image).sum().backward()
    assert all(torch.equal(value, before[key]) for key, value in probe.encoder.state_dict().items())
    assert probe.classifier.weight.grad is not None
    assert all(weight.grad is None for weight in probe.encoder.parameters())
    with torch.no_grad():
        torch.testing.assert_close(probe.eval().features(image), plain.eval().features(image))


def test_a_probe_is_a_linear_classifier_on_dropped_features() -> None:
    torch.manual_seed(0)
    probe = LinearProbe(0.2)(BACKBONES["small"])(num_classes=3).train()
    assert isinstance(probe, ProbedEncoder)
    assert not any(module.training for module in probe.encoder.modules())
    (layer,) = dropout_layers(probe)  # what Monte-Carlo dropout draws with; the 0.5 of the backbone gave way
    assert layer is probe.dropout
    assert probe.dropout.p == 0.2
    features = probe.encoder.features(image := torch.randn(64, 3, 8, 8))
    share = float((probe.features(image)[features != 0] == 0).float().mean())
    assert 0.1 < share < 0.3
    weight, bias = probe.classifier.weight, probe.classifier.bias
    torch.testing.assert_close(probe.eval()(image), features @ weight.T + bias)


@pytest.mark.parametrize("name", ["small", "test_resnet", "test_convnext"])
def test_the_weights_of_a_probe_are_those_of_the_network(name: str, tmp_path: Path) -> None:
    probe = LinearProbe()(BACKBONES[name])(num_classes=3).eval()
    save_weights(tmp_path / "w.safetensors", probe)
    plain = BACKBONES[name](num_classes=3).eval()
    assert probe.stored().keys() == plain.state_dict().keys()
    assert probe.stored(head=False).keys() == plain.stored(head=False).keys()
    Start(tmp_path / "w.safetensors")([plain])
    with torch.no_grad():
        image = torch.randn(2, 3, 32, 32)
        torch.testing.assert_close(plain(image), probe(image))


def test_full_and_fine_tuned_networks_are_the_networks_themselves() -> None:
    backbone = BACKBONES["small"]
    assert Full()(backbone) is backbone
    torch.manual_seed(0)
    plain = backbone(num_classes=3)
    torch.manual_seed(0)
    tuned = FineTune(0.25)(backbone)(num_classes=3)
    assert all(torch.equal(value, tuned.state_dict()[name]) for name, value in plain.state_dict().items())
    assert (plain.encoder_rate, plain.takes_head) == (1.0, True)
    assert (tuned.encoder_rate, tuned.takes_head) == (0.25, False)


@pytest.mark.parametrize("rate", [0, -1, float("inf"), float("nan"), True])
def test_impossible_rates_are_refused(rate: float) -> None:
    with pytest.raises(InputError, match=r"tuning\.encoder_rate is .*above 0.*tuning=linear_probe"):
        FineTune(rate)


@pytest.mark.parametrize("dropout", [-0.1, 1, True])
def test_impossible_dropout_is_refused(dropout: float) -> None:
    with pytest.raises(InputError, match=r"tuning\.dropout is "):
        LinearProbe(dropout)


def test_every_network_names_its_classifier() -> None:
    for build in BACKBONES.values():
        network: Backbone = build(num_classes=3)
        head: nn.Module = network.get_submodule(network.head_name)
        assert head is network.head
        module, name = network.loadable()
        assert module.get_submodule(name) is network.head

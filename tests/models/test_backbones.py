"""Every backbone offers features and logits; timm's names are checked, its stems replaced where that makes sense."""

import pytest
import torch
from torch import nn

from alc.errors import InputError
from alc.models.backbone import TimmBackbone
from alc.models.base import Backbone
from alc.models.small_resnet import SmallResNet


def multiply_adds(network: nn.Module, size: int) -> int:
    """Counted from the shapes that pass through."""
    total = 0

    def count(module: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        nonlocal total
        weight = module.get_parameter("weight")
        total += output.numel() * weight[0].numel()

    layers = [module for module in network.modules() if isinstance(module, nn.Conv2d | nn.Linear)]
    handles = [layer.register_forward_hook(count) for layer in layers]
    with torch.inference_mode():
        network.eval()(torch.zeros(1, 3, size, size))
    for handle in handles:
        handle.remove()
    return total


def test_small_resnet_costs_what_it_says() -> None:
    network = SmallResNet(10)
    assert round(multiply_adds(network, 32) / 1e6, 1) == 11.5
    assert round(multiply_adds(network, 8) / 1e6, 1) == 0.7
    assert round(sum(weight.numel() for weight in network.parameters()) / 1e6, 1) == 0.3


@pytest.mark.parametrize("size", [8, 28, 32])
def test_small_resnet_shapes(size: int) -> None:
    network = SmallResNet(7, stem=4, widths=[8, 16], blocks=[2, 1], strides=[1, 2]).eval()
    image = torch.randn(2, 3, size, size)
    assert network.num_features == 16
    assert network.features(image).shape == (2, 16)
    assert network(image).shape == (2, 7)


def test_small_resnet_refuses_lists_that_do_not_fit() -> None:
    with pytest.raises(InputError, match="as many widths as blocks and strides"):
        SmallResNet(7, widths=[8, 16], blocks=[1])


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("resnet18", {}),
        ("mobilenetv3_small_050", {}),
        ("test_vit", {"img_size": 32}),
        ("test_efficientnet", {}),
        ("test_convnext", {}),
    ],
)
def test_features_and_head_make_timms_own_logits(name: str, options: dict[str, int]) -> None:
    backbone = TimmBackbone(5, name, options=options).eval()
    image = torch.randn(2, 3, 32, 32)
    with torch.inference_mode():
        features, logits, own = backbone.features(image), backbone(image), backbone.network(image)
    assert features.shape == (2, backbone.num_features)
    torch.testing.assert_close(logits, own)


def test_small_image_stem_keeps_the_resolution() -> None:
    backbone = TimmBackbone(5, "resnet18", small_image_stem=True).eval()
    with torch.inference_mode():
        assert backbone.network.forward_features(torch.randn(1, 3, 32, 32)).shape == (1, 512, 4, 4)


def test_small_image_stem_is_refused_for_other_families() -> None:
    with pytest.raises(InputError, match=r"small_image_stem does not fit test_vit.*small_image_stem=false"):
        TimmBackbone(5, "test_vit", small_image_stem=True)


def test_unknown_name_says_what_was_meant() -> None:
    with pytest.raises(InputError, match="Did you mean 'resnet18'"):
        TimmBackbone(5, "resnet_18")


def test_unknown_option_is_refused() -> None:
    with pytest.raises(InputError, match="patch_sise"):
        TimmBackbone(5, "test_vit", options={"patch_sise": 4})


@pytest.mark.parametrize("build", [lambda: SmallResNet(5), lambda: TimmBackbone(5, "test_resnet")])
def test_logits_are_float32_under_autocast(build: type[Backbone]) -> None:
    backbone = build().eval()
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        logits = backbone(torch.randn(4, 3, 32, 32))
    assert logits.dtype == torch.float32
    assert not torch.equal(logits, logits.bfloat16().float())  # more digits than bfloat16 has

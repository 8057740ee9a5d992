"""Every backbone offers features and logits; timm's names are checked, its stems replaced where that makes sense."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from alc.errors import InputError
from alc.models.backbone import TimmBackbone
from alc.models.base import Backbone
from alc.models.cifar_resnet import CifarResNet
from alc.models.fast_cnn import ConvBlock, FastCNN
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


def test_fast_cnn_costs_what_it_says() -> None:
    network = FastCNN(10)
    assert round(multiply_adds(network, 32) / 1e6) == 44
    assert round(sum(weight.numel() for weight in network.parameters()) / 1e6, 1) == 1.1


@pytest.mark.parametrize(("size", "sides"), [(8, [3, 1, 1]), (28, [13, 6, 3]), (32, [15, 7, 3]), (64, [31, 15, 7])])
def test_fast_cnn_shapes(size: int, sides: list[int]) -> None:
    network = FastCNN(7, stem=4, widths=[8, 12, 16]).eval()
    seen: list[int] = []
    for block in network.blocks:
        block.register_forward_hook(lambda module, inputs, output: seen.append(output.shape[3]))
    image = torch.randn(2, 3, size, size)
    assert network.num_features == 16
    assert network.features(image).shape == (2, 16)
    assert network(image).shape == (2, 7)
    assert seen[:3] == sides


def test_fast_cnn_shortcut_passes_all_convolutions_but_the_first() -> None:
    block = FastCNN(7, stem=4, widths=[8], depth=3, residual=True, activation="gelu").eval().blocks[0]
    assert isinstance(block, ConvBlock)
    x = torch.randn(2, 4, 8, 8)
    with torch.inference_mode():
        block.convs[2].get_parameter("weight").zero_()
        first = functional.gelu(block.norms[0].eval()(functional.max_pool2d(block.convs[0](x), 2)))
        torch.testing.assert_close(block(x), functional.gelu(first))


def test_fast_cnn_begins_by_whitening_patches() -> None:
    image = torch.randn(40, 3, 8, 8).cumsum(dim=3)
    network = FastCNN(5, whitening=True)
    network.begin(image)
    with torch.inference_mode():
        out = network.stem(image).permute(1, 0, 2, 3).reshape(24, -1)
        torch.testing.assert_close(out[:12] @ out[:12].T / out.shape[1], torch.eye(12), atol=2e-2, rtol=0)
        torch.testing.assert_close(out[12:], -out[:12])
    assert not network.stem.weight.requires_grad
    weight = network.stem.weight.clone()
    loaded = FastCNN(5, whitening=True)
    loaded.load_state_dict(network.state_dict())
    for begun in (network, loaded):
        begun.begin(torch.randn(40, 3, 8, 8))
        assert torch.equal(begun.stem.weight, weight)
    plain = FastCNN(5)
    before = plain.stem.weight.clone()
    plain.begin(image)
    assert torch.equal(plain.stem.weight, before)


def test_fast_cnn_begins_as_the_identity() -> None:
    """Convolutions that copy, normalisation that does nothing yet: the features are maxima of the stem's outputs."""
    network = FastCNN(5, stem=24, widths=[24, 24], identity_init=True, logit_scale=0.5).eval()
    image = torch.rand(2, 3, 16, 16)
    with torch.inference_mode():
        stem = functional.relu(network.stem(image))
        expected = functional.max_pool2d(functional.max_pool2d(stem, 2), 2).amax(dim=(2, 3)) / (1 + 1e-5) ** 2
        torch.testing.assert_close(network.features(image), expected, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(network(image), network.classifier(network.features(image)) / 2)


def test_fast_cnn_can_leave_the_scales_alone() -> None:
    network = FastCNN(5, frozen_scales=True, norm_momentum=0.3)
    norms = [each for each in network.modules() if isinstance(each, nn.BatchNorm2d)]
    assert len(norms) == 6
    assert all(not each.weight.requires_grad and each.bias.requires_grad and each.momentum == 0.3 for each in norms)


def test_fast_cnn_refuses_what_it_can_not_build() -> None:
    with pytest.raises(InputError, match="one width at least"):
        FastCNN(7, widths=[])
    with pytest.raises(InputError, match=r"residual is true.*backbone\.depth=2"):
        FastCNN(7, depth=1, residual=True)
    with pytest.raises(InputError, match=r"whitening is true and backbone.stem 16.*backbone\.stem=24"):
        FastCNN(7, stem=16, whitening=True)
    with pytest.raises(InputError, match="relu, gelu"):
        FastCNN(7, activation="swish")  # type: ignore[arg-type]  # a wrong word is what is tested


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


def test_the_released_stem_keeps_the_max_pooling() -> None:
    backbone = TimmBackbone(5, "resnet18", small_image_stem=True, max_pool=True).eval()
    assert backbone.network.forward_features(torch.zeros(1, 3, 32, 32)).shape == (1, 512, 2, 2)
    with pytest.raises(InputError, match=r"max_pool is true without.*max_pool=false"):
        TimmBackbone(5, "resnet18", max_pool=True)


def test_small_image_stem_is_refused_for_other_families() -> None:
    with pytest.raises(InputError, match=r"small_image_stem does not fit test_vit.*small_image_stem=false"):
        TimmBackbone(5, "test_vit", small_image_stem=True)


def test_unknown_name_says_what_was_meant() -> None:
    with pytest.raises(InputError, match="Did you mean 'resnet18'"):
        TimmBackbone(5, "resnet_18")


def test_unknown_option_is_refused() -> None:
    with pytest.raises(InputError, match="patch_sise"):
        TimmBackbone(5, "test_vit", options={"patch_sise": 4})


@pytest.mark.parametrize("build", [lambda: SmallResNet(5), lambda: FastCNN(5), lambda: TimmBackbone(5, "test_resnet")])
def test_logits_are_float32_under_autocast(build: type[Backbone]) -> None:
    backbone = build().eval()
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        logits = backbone(torch.randn(4, 3, 32, 32))
    assert logits.dtype == torch.float32
    assert not torch.equal(logits, logits.bfloat16().float())  # more digits than bfloat16 has


@pytest.mark.parametrize(("depth", "count"), [(110, 1_730_714), (50, 758_554)])
def test_cifar_resnet_has_the_papers_number_of_weights(depth: int, count: int) -> None:
    assert sum(weight.numel() for weight in CifarResNet(10, depth).parameters()) == count


def test_cifar_resnet_costs_what_it_says() -> None:
    assert round(multiply_adds(CifarResNet(10), 32) / 1e6) == 41
    assert round(multiply_adds(CifarResNet(10, 110), 32) / 1e6) == 253


def test_cifar_resnet_layers_resolutions_and_initial_weights() -> None:
    torch.manual_seed(0)
    network = CifarResNet(7, depth=14).eval()
    layers = [each for each in network.modules() if isinstance(each, nn.Conv2d | nn.Linear)]
    assert sum(not (isinstance(each, nn.Conv2d) and each.kernel_size == (1, 1)) for each in layers) == 14
    with torch.inference_mode():
        x = torch.randn(2, 3, 32, 32)
        assert network.blocks(network.stem(x)).shape == (2, 64, 8, 8)
        torch.testing.assert_close(network.features(x).norm(dim=1), torch.ones(2))
        assert not torch.allclose(
            CifarResNet(7, 8, normalise_features=False).eval().features(x).norm(dim=1), torch.ones(2)
        )
    last = layers[-2].get_parameter("weight").detach()  # 64 channels out, 3x3
    assert float(last.std()) == pytest.approx((2 / (64 * 9)) ** 0.5, rel=0.02)
    assert float(CifarResNet(1000, 8).classifier.weight.detach().std()) == pytest.approx((2 / 1000) ** 0.5, rel=0.02)
    assert not network.classifier.bias.any()


@pytest.mark.parametrize("depth", [2, 18, 21])
def test_cifar_resnet_refuses_other_depths(depth: int) -> None:
    with pytest.raises(InputError, match=rf"depth is {depth}.*backbone\.depth=(8|20)"):
        CifarResNet(10, depth)


@pytest.mark.parametrize(
    "build",
    [
        lambda: SmallResNet(5, dropout=0.5),
        lambda: FastCNN(5, dropout=0.5),
        lambda: CifarResNet(5, 8, dropout=0.5),
        lambda: TimmBackbone(5, "test_resnet", dropout=0.5),
    ],
)
def test_dropout_is_a_layer_that_acts_in_training_only(build: type[Backbone]) -> None:
    backbone, x = build().eval(), torch.randn(2, 3, 32, 32)
    layers = [each for each in backbone.modules() if isinstance(each, nn.Dropout) and each.p == 0.5]
    assert len(layers) == 1
    with torch.inference_mode():
        assert torch.equal(backbone(x), backbone(x))
        layers[0].train()
        assert not torch.equal(backbone(x), backbone(x))

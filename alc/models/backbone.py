"""Any timm network as a backbone."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from alc.errors import InputError, did_you_mean
from alc.models.base import Backbone
from alc.models.weights import load_weights

__all__ = ["TimmBackbone"]


class TimmBackbone(Backbone):
    """``timm.create_model(name)`` behind the interface of :class:`~alc.models.base.Backbone`.

    Args:
        num_classes: C.
        name: Any name timm knows, with or without a pretrained tag (``resnet50.a1_in1k``).
        small_image_stem: Replace the 7x7 stride-2 convolution and the max-pooling of a ResNet by one 3x3 convolution
            at full resolution, as is usual for images of 32x32 pixels; other families refuse.
        max_pool: Whether that stem keeps the max-pooling, as in the code released with Bernhardt et al. 2022.
        pretrained: Start from timm's published weights, downloaded if they are not cached.
        dropout: Probability of dropping a feature before the classifier; a layer of our own, since many of timm's
            networks do it inside a function, which Monte-Carlo dropout could not switch on.
        weights: File to start from (``.safetensors``, or ``.pt``/``.ckpt`` without pickled code), or None.
        options: Further arguments of ``timm.create_model``, e.g. ``{img_size: 32, patch_size: 4}``.
    """

    def __init__(
        self,
        num_classes: int,
        name: str,
        small_image_stem: bool = False,
        max_pool: bool = False,
        pretrained: bool = False,
        dropout: float = 0.0,
        weights: Path | str | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.name = name
        self.network = _create(name, num_classes, pretrained, dict(options or {}))
        if small_image_stem:
            _use_small_image_stem(self.network, name, max_pool)
        elif max_pool:
            raise InputError(
                "backbone.max_pool is true without backbone.small_image_stem, and concerns nothing else",
                fix="Set backbone.small_image_stem=true, or backbone.max_pool=false",
            )
        classifier = self.network.get_classifier()
        if not isinstance(classifier, nn.Module) or next(classifier.parameters(), None) is None:
            raise InputError(f"backbone.name {name!r} has no single classifier", allowed="networks with one head")
        self.dropout = nn.Dropout(dropout)
        self.num_features = int(getattr(self.network, "head_hidden_size", self.network.num_features))
        if weights is not None:
            load_weights(self, Path(weights))

    @property
    def head(self) -> nn.Module:
        """The classifier; timm keeps it under a name of each family's own."""
        classifier: nn.Module = self.network.get_classifier()
        return classifier

    @property
    def kind(self) -> str:
        """The class and timm's name."""
        return f"{type(self).__name__} {self.name}"

    def loadable(self) -> tuple[nn.Module, str]:
        """Timm's own network, so that its published files load as they are."""
        return self.network, self.head_name.removeprefix("network.")

    def features(self, image: Tensor) -> Tensor:
        """Pooled features (B, D), what timm's classifier is given."""
        pooled: Tensor = self.dropout(self.network.forward_head(self.network.forward_features(image), pre_logits=True))
        return pooled


def _create(name: str, num_classes: int, pretrained: bool, options: dict[str, Any]) -> Any:
    """The timm network, or an error that says what to type."""
    import timm

    if not timm.is_model(name):
        raise InputError(
            f"backbone.name {name!r} is no network of timm {timm.__version__}",
            fix=did_you_mean(name.split(".", maxsplit=1)[0], timm.list_models()) or "List them with timm.list_models()",
        )
    try:
        return timm.create_model(name, pretrained=pretrained, num_classes=num_classes, **options)
    except TypeError as error:
        raise InputError(f"backbone.options {options} do not fit {name} ({error})") from error
    except (OSError, RuntimeError) as error:
        if not pretrained:
            raise
        raise InputError(
            f"the pretrained weights of {name} could not be loaded ({error})",
            fix="Set backbone.pretrained=false, or give the file as backbone.weights=PATH",
        ) from error


def _use_small_image_stem(network: Any, name: str, max_pool: bool) -> None:
    """Keep 32x32 images from shrinking to 1x1 before the first block (as in SimCLR, Chen et al. 2020, §B.9)."""
    from timm.models.resnet import ResNet

    if not isinstance(network, ResNet):
        raise InputError(
            f"backbone.small_image_stem does not fit {name}",
            allowed="the ResNet family (resnet, resnext, wide_resnet, seresnet, ...)",
            fix="Set backbone.small_image_stem=false",
        )
    stem = nn.Conv2d(3, len(network.bn1.state_dict()["weight"]), 3, 1, 1, bias=False)
    nn.init.kaiming_normal_(stem.weight, mode="fan_out", nonlinearity="relu")
    network.add_module("conv1", stem)
    if not max_pool:
        network.add_module("maxpool", nn.Identity())

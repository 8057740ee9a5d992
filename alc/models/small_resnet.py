"""A small residual network for images of 8x8 to 64x64 pixels, quick on a CPU."""

from collections.abc import Sequence
from pathlib import Path

from torch import Tensor, nn
from torch.nn import functional

from alc.errors import InputError
from alc.models.base import Backbone
from alc.models.weights import load_weights

__all__ = ["ResidualBlock", "SmallResNet"]


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut (He et al. 2016), 1x1 where shape changes."""

    def __init__(self, width_in: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width_in, width, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or width_in != width:
            self.shortcut = nn.Sequential(nn.Conv2d(width_in, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x: Tensor) -> Tensor:
        """Features (B, width, H / stride, W / stride)."""
        y = functional.relu(self.norm1(self.conv1(x)), inplace=True)
        return functional.relu(self.norm2(self.conv2(y)) + self.shortcut(x), inplace=True)


class SmallResNet(Backbone):
    """A 3x3 stem at full resolution, then one stage of residual blocks per width, then the mean over positions.

    By default every stage halves the image, the first included: residual blocks at full resolution cost most and are
    worth least.  That is 11.5 million multiply-adds at 32x32 (0.7 at 8x8) and 0.3 million weights.

    Args:
        num_classes: C.
        stem: Channels of the first convolution.
        widths: Channels of each stage; the last is D.
        blocks: Residual blocks of each stage.
        strides: Stride of the first block of each stage.
        dropout: Probability of dropping a feature before the classifier.
        weights: File to start from (``.safetensors``, or ``.pt``/``.ckpt`` without pickled code), or None.
    """

    def __init__(
        self,
        num_classes: int,
        stem: int = 16,
        widths: Sequence[int] = (32, 64, 128),
        blocks: Sequence[int] = (1, 1, 1),
        strides: Sequence[int] = (2, 2, 2),
        dropout: float = 0.0,
        weights: Path | str | None = None,
    ) -> None:
        super().__init__()
        if not len(widths) == len(blocks) == len(strides) >= 1 or min(*widths, *blocks, *strides, stem) < 1:
            raise InputError(
                f"backbone: widths {list(widths)}, blocks {list(blocks)}, strides {list(strides)}, stem {stem}",
                allowed="positive numbers, as many widths as blocks and strides",
            )
        self.stem = nn.Conv2d(3, stem, 3, 1, 1, bias=False)
        self.stem_norm = nn.BatchNorm2d(stem)
        stages: list[nn.Module] = []
        width_in = stem
        for width, depth, stride in zip(widths, blocks, strides, strict=True):
            for position in range(depth):
                stages.append(ResidualBlock(width_in, width, stride if position == 0 else 1))
                width_in = width
        self.stages = nn.Sequential(*stages)
        self.dropout = nn.Dropout(dropout)
        self.num_features = width_in
        self.classifier = nn.Linear(width_in, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        if weights is not None:
            load_weights(self, Path(weights))

    @property
    def head(self) -> nn.Module:
        """The linear classifier."""
        return self.classifier

    def features(self, image: Tensor) -> Tensor:
        """Mean over positions of the last stage (B, D)."""
        x = self.stages(functional.relu(self.stem_norm(self.stem(image)), inplace=True))
        pooled: Tensor = self.dropout(x.mean(dim=(2, 3)))
        return pooled

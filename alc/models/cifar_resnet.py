"""The residual networks for 32x32 images of the paper's experiments."""

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from alc.errors import InputError
from alc.models.base import Backbone
from alc.models.small_resnet import ResidualBlock
from alc.models.weights import load_weights

__all__ = ["CifarResNet"]

WIDTHS = (16, 32, 64)


class CifarResNet(Backbone):
    """ResNet of 6k + 2 layers (He et al. 2016, §4.2): three stages of k basic blocks with 16, 32 and 64 channels.

    The first stage runs at full resolution and each later one halves it.  Where the shape changes the shortcut is a 1x1
    convolution with batch normalisation, as in the code released with Bernhardt et al. 2022; He et al. pad with zeros
    and have no weights there.  Its recipes scale the 64 features to length 1 and give the network plain pixels in
    [0, 1] (``loader.normalisation=none``).  Weights are Kaiming-normal by fan-out, the classifier's included.

    At 32x32 and depth 20 a forward pass takes 41 million multiply-adds, at depth 110 it takes 253 million.

    Args:
        num_classes: C.
        depth: 6k + 2: 8, 14, 20, ...; the paper's recipes have 110 and 50.
        normalise_features: Whether features have length 1.
        dropout: Probability of dropping a feature before the classifier; 0.5 where the paper draws by dropout.
        weights: File to start from (``.safetensors``, or ``.pt``/``.ckpt`` without pickled code), or None.
    """

    def __init__(
        self,
        num_classes: int,
        depth: int = 20,
        normalise_features: bool = True,
        dropout: float = 0.0,
        weights: Path | str | None = None,
    ) -> None:
        super().__init__()
        if depth < 8 or (depth - 2) % 6:
            fix = f"Set backbone.depth={max(8, 6 * round((depth - 2) / 6) + 2)}"
            raise InputError(f"backbone.depth is {depth}", allowed="8, 14, 20 and so on in steps of 6", fix=fix)
        self.stem = nn.Conv2d(3, WIDTHS[0], 3, 1, 1, bias=False)
        self.stem_norm = nn.BatchNorm2d(WIDTHS[0])
        blocks: list[nn.Module] = []
        width_in = WIDTHS[0]
        for width in WIDTHS:
            for _ in range((depth - 2) // 6):
                blocks.append(ResidualBlock(width_in, width, 1 if width == width_in else 2))
                width_in = width
        self.blocks = nn.Sequential(*blocks)
        self.dropout = nn.Dropout(dropout)
        self.normalise_features = normalise_features
        self.num_features = width_in
        self.classifier = nn.Linear(width_in, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        nn.init.zeros_(self.classifier.bias)
        if weights is not None:
            load_weights(self, Path(weights))

    @property
    def head(self) -> nn.Module:
        """The linear classifier."""
        return self.classifier

    def features(self, image: Tensor) -> Tensor:
        """Mean over positions of the last stage (B, 64), of length 1 where asked."""
        x = self.blocks(functional.relu(self.stem_norm(self.stem(image)), inplace=True))
        pooled: Tensor = x.mean(dim=(2, 3))
        if self.normalise_features:
            with torch.autocast(image.device.type, enabled=False):
                pooled = functional.normalize(pooled.float(), dim=1)
        dropped: Tensor = self.dropout(pooled)
        return dropped

"""A plain convolutional network that reaches most per minute of CPU: few layers, wide enough for matrix units."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional

from alc.errors import InputError
from alc.models.base import Backbone
from alc.models.weights import load_weights

PATCH = 12
SMALLEST_MOMENT = 5e-4  # added to eigenvalues: directions in which images hardly vary are not blown up

__all__ = ["Activation", "ConvBlock", "FastCNN"]

Activation = Literal["relu", "gelu"]
"""ReLU costs a tenth less time; GELU is what airbench has."""
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": partial(functional.relu, inplace=True),
    "gelu": functional.gelu,
}


class ConvBlock(nn.Module):
    """A 3x3 convolution, a 2x2 maximum, and ``depth - 1`` further 3x3 convolutions, each normalised and activated.

    The maximum stands before the first normalisation, which then works on a quarter of the positions.  A side of one
    pixel is not halved, so the block also takes images too small for as many halvings as there are blocks.

    Args:
        width_in: Channels in.
        width: Channels out.
        depth: Convolutions.
        residual: Whether what goes into the second convolution is added to what comes out of the last.
        activation: After every normalisation.
    """

    def __init__(self, width_in: int, width: int, depth: int, residual: bool, activation: Activation) -> None:
        super().__init__()
        sizes = [width_in] + [width] * depth
        self.convs = nn.ModuleList(
            nn.Conv2d(before, after, 3, padding=1, bias=False) for before, after in pairwise(sizes)
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for _ in range(depth))
        self.residual, self.activation = residual, activation

    def forward(self, x: Tensor) -> Tensor:
        """Features (B, width, H / 2, W / 2), rounded down and at least 1."""
        act = ACTIVATIONS[self.activation]
        shortcut = x
        for position, (conv, norm) in enumerate(zip(self.convs, self.norms, strict=True)):
            x = conv(x)
            if position == 0 and min(x.shape[2:]) > 1:
                x = functional.max_pool2d(x, 2)
            x = norm(x)
            if self.residual and position == len(self.convs) - 1:
                x = x + shortcut
            x = act(x)
            if position == 0:
                shortcut = x
        return x


class FastCNN(Backbone):
    """A 2x2 stem, one :class:`ConvBlock` per width, and the maximum over the positions that are left.

    The layout is that of airbench (Jordan 2024, arXiv 2404.00498, §3), and so are the four switches, each of which lets
    a short training go further: a stem that whitens patches and is not trained, convolutions that begin as the
    identity, normalisation that only shifts, small logits.  All but the stem is 3x3 convolutions between wide layers,
    which CPUs with bfloat16 matrix units do best.  At 32x32 the sides are 31, 15, 7 and 3; at 8x8 they are 7, 3, 1 and
    1.  By default 44 million multiply-adds at 32x32 and 1.1 million weights.

    Args:
        num_classes: C.
        stem: Channels of the stem.
        widths: Channels of each block; the last is D.
        depth: Convolutions of each block.
        residual: Whether all convolutions of a block but its first have a shortcut (airbench96 has one, with depth 3).
        activation: ``relu`` or ``gelu``.
        whitening: Whether the stem is the patch whitening of the images that are trained on, see :meth:`begin`.
        identity_init: Whether each 3x3 convolution begins by copying its channels, as far as they go.
        frozen_scales: Whether the scales of the batch normalisation stay at 1; its shifts are trained all the same.
        norm_momentum: Share of the running statistics of batch normalisation that each batch replaces.
        logit_scale: What logits are multiplied by.
        dropout: Probability of dropping a feature before the classifier.
        weights: File to start from (``.safetensors``, or ``.pt``/``.ckpt`` without pickled code), or None.
    """

    begun: Tensor

    def __init__(
        self,
        num_classes: int,
        stem: int = 24,
        widths: Sequence[int] = (32, 128, 256),
        depth: int = 2,
        residual: bool = False,
        activation: Activation = "relu",
        whitening: bool = False,
        identity_init: bool = False,
        frozen_scales: bool = False,
        norm_momentum: float = 0.1,
        logit_scale: float = 1.0,
        dropout: float = 0.0,
        weights: Path | str | None = None,
    ) -> None:
        super().__init__()
        if not widths or min(*widths, stem, depth) < 1:
            raise InputError(
                f"backbone: stem {stem}, widths {list(widths)}, depth {depth}",
                allowed="positive numbers, one width at least",
            )
        if residual and depth < 2:
            raise InputError(
                "backbone.residual is true and backbone.depth 1",
                allowed="blocks of 2 convolutions or more, whose first one the shortcut does not pass",
                fix="Set backbone.depth=2, or backbone.residual=false",
            )
        if activation not in get_args(Activation):
            raise InputError(f"backbone.activation is {activation!r}", allowed=", ".join(get_args(Activation)))
        if whitening and stem != 2 * PATCH:
            raise InputError(
                f"backbone.whitening is true and backbone.stem {stem}",
                allowed=f"{2 * PATCH}: 2x2 patches in 3 colours have {PATCH} directions, each with both signs",
                fix=f"Set backbone.stem={2 * PATCH}, or backbone.whitening=false",
            )
        self.activation, self.logit_scale = activation, logit_scale
        self.stem = nn.Conv2d(3, stem, 2)
        self.stem.requires_grad_(not whitening)
        self.register_buffer("begun", torch.tensor(not whitening))
        sizes = [stem, *widths]
        self.blocks = nn.Sequential(
            *(ConvBlock(before, after, depth, residual, activation) for before, after in pairwise(sizes))
        )
        self.dropout = nn.Dropout(dropout)
        self.num_features = sizes[-1]
        self.classifier = nn.Linear(self.num_features, num_classes)
        for module in self.blocks.modules():
            if isinstance(module, nn.Conv2d) and identity_init:
                nn.init.dirac_(module.weight.detach()[: module.in_channels])
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = norm_momentum
                module.weight.requires_grad_(not frozen_scales)
        if weights is not None:
            load_weights(self, Path(weights))

    @torch.no_grad()
    def begin(self, image: Tensor) -> None:
        """Set the stem from images (n, 3, H, W) as the network will see them, unless weights have been loaded.

        The rows of its weights are the eigenvectors of the second moments of all 2x2 patches, divided by the root of
        their eigenvalues, and the same with the other sign: outputs of mean square 1, uncorrelated (airbench, §3.2).
        """
        if bool(self.begun):
            return
        patches = functional.unfold(image.float(), 2).transpose(1, 2).reshape(-1, PATCH)
        value, vector = torch.linalg.eigh(patches.T @ patches / len(patches))
        rows = (vector / (value + SMALLEST_MOMENT).sqrt()).T.reshape(PATCH, 3, 2, 2)
        self.stem.weight.copy_(torch.cat([rows, -rows]))
        assert self.stem.bias is not None
        self.stem.bias.zero_()
        self.begun.fill_(True)

    def classify(self, features: Tensor) -> Tensor:
        """Float32 logits (B, C) of features (B, D), scaled."""
        return super().classify(features) * self.logit_scale

    @property
    def head(self) -> nn.Module:
        """The linear classifier."""
        return self.classifier

    def features(self, image: Tensor) -> Tensor:
        """Maximum over positions of the last block (B, D)."""
        x = self.blocks(ACTIVATIONS[self.activation](self.stem(image)))
        pooled: Tensor = self.dropout(x.amax(dim=(2, 3)))
        return pooled

"""Backbone: what every network offers to every method."""

from abc import ABC, abstractmethod
from typing import Protocol

import torch
from torch import Tensor, nn

__all__ = ["Backbone", "BackboneFactory"]


class Backbone(nn.Module, ABC):
    """A network that maps images (B, 3, H, W) to features (B, D) and those to logits (B, C).

    Attributes:
        num_features: D.
    """

    num_features: int

    @property
    @abstractmethod
    def head(self) -> nn.Module:
        """The classifier, from features to logits."""

    @abstractmethod
    def features(self, image: Tensor) -> Tensor:
        """Pooled features (B, D) of images (B, 3, H, W)."""

    def classify(self, features: Tensor) -> Tensor:
        """Float32 logits (B, C) of features (B, D).

        Computed in the precision of the weights even under autocast: bfloat16 logits have three digits, and posteriors
        made of them would tie.
        """
        weight = next(self.head.parameters())
        with torch.autocast(features.device.type, enabled=False):
            logits: Tensor = self.head(features.to(weight.dtype))
        return logits.float()

    def forward(self, image: Tensor) -> Tensor:
        """Logits (B, C) of images (B, 3, H, W)."""
        return self.classify(self.features(image))


class BackboneFactory(Protocol):
    """Anything that builds a backbone once the number of classes is known, e.g. a partial of its class."""

    def __call__(self, *, num_classes: int) -> Backbone:
        """The untrained network."""
        ...

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
        encoder_rate: Learning rate of everything but the classifier, as a multiple of the optimiser's.
        takes_head: Whether starting weights of the same number of classes fill the classifier too.
    """

    num_features: int
    encoder_rate: float = 1.0
    takes_head: bool = True

    @property
    @abstractmethod
    def head(self) -> nn.Module:
        """The classifier, from features to logits."""

    def begin(self, image: Tensor) -> None:
        """Set what depends on the images (n, 3, H, W), before a training on them, unless weights have been loaded.

        Most networks begin without looking.
        """

    @abstractmethod
    def features(self, image: Tensor) -> Tensor:
        """Pooled features (B, D) of images (B, 3, H, W)."""

    @property
    def kind(self) -> str:
        """The network in a word or two, for those who read its weights."""
        return type(self).__name__

    @property
    def head_name(self) -> str:
        """Where the classifier stands among the modules."""
        names: dict[nn.Module, str] = {module: name for name, module in self.named_modules()}
        return names[self.head]

    def loadable(self) -> tuple[nn.Module, str]:
        """The module whose tensors a weights file is to name, and where its classifier stands in it."""
        return self, self.head_name

    def stored(self, *, head: bool = True) -> dict[str, Tensor]:
        """The tensors that :meth:`loadable` takes back, with or without those of the classifier."""
        prefix = f"{self.head_name}."
        return {name: each for name, each in self.state_dict().items() if head or not name.startswith(prefix)}

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

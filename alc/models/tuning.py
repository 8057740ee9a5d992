"""What is trained of a network that starts from weights: everything, a probe of its features, or the encoder gently."""

import math
from dataclasses import dataclass
from typing import ClassVar, Protocol, Self

import torch
from torch import Tensor, nn

from alc.errors import InputError
from alc.models.base import Backbone, BackboneFactory

__all__ = ["FineTune", "Full", "LinearProbe", "ProbedEncoder", "Tuning"]


class Tuning(Protocol):
    """One option of ``conf/tuning``: turns a way of building networks into another."""

    option: ClassVar[str]
    """Its name there."""
    needs_weights: ClassVar[bool]
    """Whether it makes no sense on a network whose weights are random."""

    def __call__(self, backbone: BackboneFactory) -> BackboneFactory:
        """Builds the network to train."""
        ...


@dataclass(frozen=True, slots=True)
class Full:
    """The whole network at one rate; starting weights of the same number of classes fill the classifier too."""

    option: ClassVar[str] = "full"
    needs_weights: ClassVar[bool] = False

    def __call__(self, backbone: BackboneFactory) -> BackboneFactory:
        """The networks as they are."""
        return backbone


@dataclass(frozen=True, slots=True)
class FineTune:
    """The whole network with a new classifier, the encoder at a rate of its own.

    Attributes:
        encoder_rate: Times the learning rate of the optimiser, above 0; 1 as in the code released with Bernhardt et
            al. 2022, which fine-tunes at one small rate.
    """

    option: ClassVar[str] = "fine_tune"
    needs_weights: ClassVar[bool] = True

    encoder_rate: float = 0.1

    def __post_init__(self) -> None:
        if isinstance(self.encoder_rate, bool) or not 0 < self.encoder_rate < math.inf:
            raise InputError(
                f"tuning.encoder_rate is {self.encoder_rate!r}",
                allowed="a number above 0",
                fix="Type tuning=linear_probe to leave the encoder as it is",
            )

    def __call__(self, backbone: BackboneFactory) -> BackboneFactory:
        """The networks, told their rate."""

        def build(*, num_classes: int) -> Backbone:
            network = backbone(num_classes=num_classes)
            network.encoder_rate, network.takes_head = float(self.encoder_rate), False
            return network

        return build


@dataclass(frozen=True, slots=True)
class LinearProbe:
    """The encoder as it is, and a linear classifier on its features, which is all that is trained.

    Attributes:
        dropout: Probability of dropping a feature before the classifier; 0.2 in the code released with Bernhardt et
            al. 2022.  It takes the place of the backbone's own.
    """

    option: ClassVar[str] = "linear_probe"
    needs_weights: ClassVar[bool] = True

    dropout: float = 0.2

    def __post_init__(self) -> None:
        if isinstance(self.dropout, bool) or not 0 <= self.dropout < 1:
            raise InputError(f"tuning.dropout is {self.dropout!r}", allowed="0 or more, less than 1")

    def __call__(self, backbone: BackboneFactory) -> BackboneFactory:
        """The networks, each under a probe."""

        def build(*, num_classes: int) -> Backbone:
            return ProbedEncoder(backbone(num_classes=num_classes), num_classes, self.dropout)

        return build


class ProbedEncoder(Backbone):
    """A frozen backbone whose own classifier is gone, under dropout and a linear one.

    The encoder stays in evaluation mode, in training and in Monte-Carlo draws too: the statistics of its batch
    normalisation do not move, its own dropout drops nothing, and nothing of it has a gradient.

    Args:
        encoder: The network to freeze, changed in place.
        num_classes: C.
        dropout: Probability of dropping a feature.
    """

    takes_head = False

    def __init__(self, encoder: Backbone, num_classes: int, dropout: float) -> None:
        super().__init__()
        parent, _, leaf = encoder.head_name.rpartition(".")
        setattr(encoder.get_submodule(parent), leaf, nn.Identity())
        for module in encoder.modules():
            if isinstance(module, nn.modules.dropout._DropoutNd):
                module.p = 0.0
        self.encoder = encoder.requires_grad_(False)
        self.num_features = encoder.num_features
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(encoder.num_features, num_classes)
        self.train()

    @property
    def head(self) -> nn.Module:
        """The linear classifier."""
        return self.classifier

    @property
    def kind(self) -> str:
        """That of the encoder, whose weights these are."""
        return self.encoder.kind

    def train(self, mode: bool = True) -> Self:
        """Switch the probe; the encoder stays in evaluation mode."""
        super().train(mode)
        self.encoder.eval()
        return self

    def features(self, image: Tensor) -> Tensor:
        """Features of the frozen encoder (B, D), after the probe's dropout."""
        with torch.no_grad():
            features = self.encoder.features(image)
        dropped: Tensor = self.dropout(features)
        return dropped

    def loadable(self) -> tuple[nn.Module, str]:
        """The encoder, and where its classifier was."""
        return self.encoder.loadable()

    def stored(self, *, head: bool = True) -> dict[str, Tensor]:
        """The tensors of the encoder with this classifier in the place of its own, as any training of it names them."""
        tensors = self.encoder.stored(head=False)
        own = self.classifier.state_dict()
        return tensors | ({f"{self.encoder.head_name}.{name}": own[name] for name in own} if head else {})

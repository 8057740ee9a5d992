"""ClassifierModule: what all methods share; a method is little more than its loss."""

from abc import abstractmethod
from typing import ClassVar, TypedDict

import torch
from torch import Tensor, nn
from torch.nn import Parameter

from alc.data.batch import Batch
from alc.data.unlabelled import UnlabelledViews
from alc.errors import InputError
from alc.methods.trained import OptimizerFactory, SchedulerFactory, TrainedModule
from alc.models.base import Backbone, BackboneFactory

__all__ = ["ClassifierModule", "OptimizerFactory", "Prediction", "SchedulerFactory", "StepOutput"]


class Prediction(TypedDict):
    """Outcome of one prediction batch: index (B,), logits (M, B, C) and, where asked for, features (B, M * D)."""

    index: Tensor
    logits: Tensor
    features: Tensor | None


class StepOutput(TypedDict):
    """Outcome of one training batch: the loss to minimise, and detached index (B,), logits (M, B, C), label (B,)."""

    loss: Tensor
    index: Tensor
    logits: Tensor
    label: Tensor


class ClassifierModule(TrainedModule):
    """One or several networks trained on noisy labels; logits always have the shape (M, B, C).

    Only noisy-label metrics are logged (``train/loss``, ``train/accuracy_noisy``): nothing here ever sees a reference
    label, so nothing can be tuned on one.

    Args:
        backbone: Builds one network, given ``num_classes``.
        num_classes: C.
        optimizer: Builds the optimiser from the parameters.
        scheduler: Builds a schedule that steps once per epoch from the optimiser, or None.
        keep_features: Whether predictions carry features, those of the M networks side by side, (B, M * D).
    """

    num_networks: ClassVar[int] = 1
    """M."""
    unlabelled: UnlabelledViews | None = None
    """What is wanted of images without labels; None where a method learns from labelled images only."""

    def __init__(
        self,
        backbone: BackboneFactory,
        num_classes: int,
        optimizer: OptimizerFactory,
        scheduler: SchedulerFactory | None = None,
        keep_features: bool = False,
    ) -> None:
        super().__init__(optimizer, scheduler)
        self.networks = nn.ModuleList(backbone(num_classes=num_classes) for _ in range(self.num_networks))
        self.num_classes, self.keep_features = num_classes, keep_features

    @property
    def backbones(self) -> list[Backbone]:
        """The M networks, typed."""
        return [network for network in self.networks if isinstance(network, Backbone)]

    @property
    def predictors(self) -> list[Backbone]:
        """The M networks that predict: those that are trained, unless a method trains them for others."""
        return self.backbones

    def rated(self) -> tuple[list[Parameter], float]:
        """All but the classifiers, where the encoders are to be trained at a rate of their own."""
        heads = {id(each) for network in self.backbones for each in network.head.parameters()}
        encoders = [each for network in self.backbones for each in network.parameters() if id(each) not in heads]
        return encoders, self.backbones[0].encoder_rate

    def forward(self, image: Tensor) -> Tensor:
        """Images (B, 3, H, W) -> logits (M, B, C)."""
        return self.readout(torch.stack([network(image) for network in self.backbones]))

    def readout(self, logits: Tensor) -> Tensor:
        """What a method makes of its networks' logits (M, B, C), in training and prediction alike."""
        return logits

    @abstractmethod
    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        """What to minimise, a scalar, from logits (M, B, C)."""

    def compile_networks(self) -> None:
        """Compile the networks, whose calls are nearly all of a training step."""
        for network in self.networks:
            network.compile()

    def prepare(self, labels: Tensor, train_rows: Tensor) -> None:
        """Set up what depends on the noisy labels (N,), of which those of ``train_rows`` (n,) are trained on.

        To be called once, before a trainer sees the module: callbacks that average weights copy it as it is then.
        """

    def learn_from(self, targets: Tensor, train_rows: Tensor) -> None:
        """Put distributions (N, C) in the place of the labels of the rows (n,); called after :meth:`prepare`.

        Raises:
            InputError: Unless a method says how.
        """
        raise InputError(
            f"{type(self).__name__} learns from labels, not from distributions over the classes",
            fix="Type method=semi_supervised",
        )

    def learned(self) -> dict[str, str]:
        """What this training found out beside the weights, for one that goes on from them."""
        return {}

    def training_step(self, batch: Batch, batch_idx: int) -> StepOutput:
        """One step; what it returns beside the loss is for callbacks."""
        logits = self(batch["image"])
        loss = self.watched(self.loss(logits, batch))
        guess, size = logits.detach().softmax(dim=2).mean(dim=0).argmax(dim=1), len(batch["label"])
        accuracy = (guess == batch["label"]).float().mean()
        logged = {"train/loss": loss.detach(), "train/accuracy_noisy": accuracy}
        self.log_dict(logged, on_step=False, on_epoch=True, prog_bar=True, batch_size=size, sync_dist=True)
        return {"loss": loss, "index": batch["index"], "logits": logits.detach(), "label": batch["label"]}

    def predict_step(self, batch: Batch, batch_idx: int) -> Prediction:
        """Logits of every network for one batch."""
        features = [network.features(batch["image"]) for network in self.predictors]
        logits = [network.classify(each) for network, each in zip(self.predictors, features, strict=True)]
        kept = torch.cat(features, dim=1).float() if self.keep_features else None
        return {"index": batch["index"], "logits": self.readout(torch.stack(logits)), "features": kept}

"""ClassifierModule: what all methods share; a method is little more than its loss."""

from abc import abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, TypedDict

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.nn import Parameter
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from alc.data.batch import Batch
from alc.errors import InputError
from alc.models.base import Backbone, BackboneFactory

__all__ = ["ClassifierModule", "OptimizerFactory", "Prediction", "SchedulerFactory", "StepOutput"]

OptimizerFactory = Callable[[Iterable[Parameter]], Optimizer]
SchedulerFactory = Callable[[Optimizer], LRScheduler]

NEVER = torch.iinfo(torch.int64).max


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


class ClassifierModule(pl.LightningModule):
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

    def __init__(
        self,
        backbone: BackboneFactory,
        num_classes: int,
        optimizer: OptimizerFactory,
        scheduler: SchedulerFactory | None = None,
        keep_features: bool = False,
    ) -> None:
        super().__init__()
        networks = nn.ModuleList(backbone(num_classes=num_classes) for _ in range(self.num_networks))
        self.networks = networks.to(
            memory_format=torch.channels_last
        )  # the layout batches arrive in, and the faster one
        self.num_classes, self.keep_features = num_classes, keep_features
        self._optimizer, self._scheduler = optimizer, scheduler
        self._first_bad, self._epoch_rate = torch.full((), NEVER), 0.0

    @property
    def backbones(self) -> list[Backbone]:
        """The M networks, typed."""
        return [network for network in self.networks if isinstance(network, Backbone)]

    def forward(self, image: Tensor) -> Tensor:
        """Images (B, 3, H, W) -> logits (M, B, C)."""
        return self.readout(torch.stack([network(image) for network in self.backbones]))

    def readout(self, logits: Tensor) -> Tensor:
        """What a method makes of its networks' logits (M, B, C), in training and prediction alike."""
        return logits

    @abstractmethod
    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        """What to minimise, a scalar, from logits (M, B, C)."""

    def prepare(self, labels: Tensor, train_rows: Tensor) -> None:
        """Set up what depends on the noisy labels (N,), of which those of ``train_rows`` (n,) are trained on.

        To be called once, before a trainer sees the module: callbacks that average weights copy it as it is then.
        """

    def on_train_epoch_start(self) -> None:
        """Forget the steps of the epoch before."""
        self._first_bad = torch.full((), NEVER, device=self.device)
        self._epoch_rate = next((float(each.param_groups[0]["lr"]) for each in self.trainer.optimizers), 0.0)

    def training_step(self, batch: Batch, batch_idx: int) -> StepOutput:
        """One step; what it returns beside the loss is for callbacks."""
        logits = self(batch["image"])
        loss = self.loss(logits, batch)
        guess, size = logits.detach().softmax(dim=2).mean(dim=0).argmax(dim=1), len(batch["label"])
        bad = torch.where(torch.isfinite(loss.detach()), NEVER, self.global_step)
        self._first_bad = torch.minimum(self._first_bad, bad)  # on the device: looking at it would wait for the step
        self.log("train/loss", loss.detach(), on_step=False, on_epoch=True, prog_bar=True, batch_size=size)
        accuracy = (guess == batch["label"]).float().mean()
        self.log("train/accuracy_noisy", accuracy, on_step=False, on_epoch=True, prog_bar=True, batch_size=size)
        return {"loss": loss, "index": batch["index"], "logits": logits.detach(), "label": batch["label"]}

    def on_train_epoch_end(self) -> None:
        """Stop before a checkpoint or a prediction is made of weights that are no numbers; once per epoch is free."""
        step = int(self._first_bad)
        if step == NEVER and all(bool(torch.isfinite(each).all()) for each in self.parameters()):
            return
        what = "weights are not finite" if step == NEVER else f"training loss is not finite since step {step}"
        kept = [getattr(callback, "last_good", None) for callback in self.trainer.checkpoint_callbacks]
        state = next((f"the last finite state is in {path}" for path in kept if path), "there is no checkpoint yet")
        raise InputError(
            f"the {what} (epoch {self.current_epoch}, step {self.global_step} at its end, "
            f"learning rate {self._epoch_rate:g}); {state}",
            fix="Lower optimizer.lr, or set trainer.gradient_clip_val=1; nothing is predicted from this training",
        )

    def predict_step(self, batch: Batch, batch_idx: int) -> Prediction:
        """Logits of every network for one batch."""
        features = [network.features(batch["image"]) for network in self.backbones]
        logits = [network.classify(each) for network, each in zip(self.backbones, features, strict=True)]
        kept = torch.cat(features, dim=1).float() if self.keep_features else None
        return {"index": batch["index"], "logits": self.readout(torch.stack(logits)), "features": kept}

    def configure_optimizers(self) -> Any:
        """The optimiser over all networks, and its schedule per epoch."""
        optimizer = self._optimizer(self.parameters())
        if self._scheduler is None:
            return optimizer
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": self._scheduler(optimizer), "interval": "epoch"}}

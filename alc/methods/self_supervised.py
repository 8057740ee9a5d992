"""SelfSupervisedModule: an encoder that learns from images alone, two random views of each."""

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar, TypedDict

import torch
from torch import Tensor
from torch.nn import functional

from alc.data.batch import Batch
from alc.errors import InputError
from alc.methods.trained import OptimizerFactory, SchedulerFactory, TrainedModule
from alc.models.base import Backbone, BackboneFactory

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Projected", "SelfSupervisedModule", "check_sizes"]


class Projected(TypedDict):
    """The loss of a batch, and the projections (V * B, P) it is made of, for what is logged."""

    loss: Tensor
    projections: Tensor


class SelfSupervisedModule(TrainedModule):
    """A backbone whose features are trained without labels; its classifier is neither used nor trained.

    ``train/spread`` tells a collapse, in which all images get one projection: the standard deviation over a batch of
    projections of length 1, per dimension and times the root of their number.  It is 1 where they point everywhere
    alike and 0 where they all agree (Chen and He 2021, §4).

    Args:
        backbone: Builds the network.
        optimizer: Builds the optimiser from the parameters.
        scheduler: Builds a schedule that steps once per epoch from the optimiser, or None.
    """

    optimizer_key: ClassVar[str] = "ssl.optimizer"

    def __init__(
        self, backbone: BackboneFactory, optimizer: OptimizerFactory, scheduler: SchedulerFactory | None = None
    ) -> None:
        super().__init__(optimizer, scheduler)
        self.backbone = backbone(num_classes=2)
        self.backbone.head.requires_grad_(False)  # or several processes would wait for a gradient it never gets
        self.embed: Callable[[Tensor], Tensor] = self.backbone.features

    @property
    def encoder(self) -> Backbone:
        """The network whose features are the outcome."""
        return self.backbone

    def compile_networks(self) -> None:
        """Compile the way from images to features."""
        self.embed = torch.compile(self.backbone.features)

    @abstractmethod
    def project(self, image: Tensor) -> Projected:
        """The loss from images (2 * B, 3, H, W): first one view of every sample, then in the same order another."""

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """One step."""
        projected = self.project(batch["image"])
        loss, size = self.watched(projected["loss"]), len(batch["index"])
        self.log("train/loss", loss.detach(), on_step=False, on_epoch=True, prog_bar=True, batch_size=size)
        unit = functional.normalize(projected["projections"].detach().float(), dim=1)
        spread = unit.std(dim=0).mean() * unit.shape[1] ** 0.5
        self.log("train/spread", spread, on_step=False, on_epoch=True, prog_bar=True, batch_size=size)
        return loss


def check_sizes(**sizes: object) -> None:
    """Refuse sizes of heads that are no whole numbers of 1 or more."""
    for name, size in sizes.items():
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise InputError(f"ssl.method.{name} is {size!r}", allowed="a whole number of 1 or more")

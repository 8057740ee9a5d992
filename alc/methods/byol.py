"""BYOL: a network predicts what a slow copy of itself says about another view of the image (Grill et al. 2020)."""

import copy
import math
from typing import TYPE_CHECKING, Any

import torch
from lightly.loss import NegativeCosineSimilarity
from lightly.models.modules.heads import ProjectionHead
from lightly.models.utils import update_momentum
from torch import Tensor, nn

from alc.errors import InputError
from alc.methods.self_supervised import Projected, SelfSupervisedModule, check_sizes
from alc.methods.trained import OptimizerFactory, SchedulerFactory
from alc.models.base import Backbone, BackboneFactory

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["BYOL", "momentum"]


class BYOL(SelfSupervisedModule):
    """No negatives: the mean of -cos(prediction of one view, target's projection of the other) over both directions.

    The target has the weights of the network, averaged over its steps, see :func:`momentum`; its batch normalisation
    sees the batches itself.  The target's encoder is the outcome, as in the code released with Bernhardt et al. 2022.
    The loss lies between -1 and 1; Grill et al. write 2 - 2 cos and add the directions, which is 4 times as steep.

    Args:
        backbone: Builds the network.
        optimizer: Builds the optimiser from the parameters.
        scheduler: Builds the schedule from the optimiser, or None.
        base_momentum: Share of the target that stays at the first step, in [0, 1); 0.99 as released, 0.996 in Grill
            et al.
        hidden: Width of the projection head.
        output: Length of a projection.
        predictor_hidden: Width of the prediction head.
    """

    def __init__(
        self,
        backbone: BackboneFactory,
        optimizer: OptimizerFactory,
        scheduler: SchedulerFactory | None = None,
        base_momentum: float = 0.99,
        hidden: int = 2048,
        output: int = 128,
        predictor_hidden: int = 128,
    ) -> None:
        super().__init__(backbone, optimizer, scheduler)
        if not 0 <= base_momentum < 1:
            raise InputError(f"ssl.method.base_momentum is {base_momentum}", allowed="0 or more, less than 1")
        check_sizes(hidden=hidden, output=output, predictor_hidden=predictor_hidden)
        self.base_momentum = base_momentum
        self.projector = _head(self.backbone.num_features, hidden, output)
        self.predictor = _head(output, predictor_hidden, output)
        self.target_backbone: nn.Module = copy.deepcopy(self.backbone).requires_grad_(False)
        self.target_projector = copy.deepcopy(self.projector).requires_grad_(False)
        self.embed_target: Callable[[Tensor], Tensor] = self.encoder.features
        self.agreement = NegativeCosineSimilarity()

    @property
    def encoder(self) -> Backbone:
        """The target's encoder."""
        assert isinstance(self.target_backbone, Backbone)
        return self.target_backbone

    def compile_networks(self) -> None:
        """Compile the way from images to features, of both networks."""
        super().compile_networks()
        self.embed_target = torch.compile(self.encoder.features)

    def project(self, image: Tensor) -> Projected:
        """The loss, and the projections of the network itself."""
        projections: Tensor = self.projector(self.embed(image))
        predictions: Tensor = self.predictor(projections)
        with torch.no_grad():
            targets: Tensor = self.target_projector(self.embed_target(image))
        with torch.autocast(image.device.type, enabled=False):
            first, second = predictions.float().chunk(2)
            target_first, target_second = targets.float().chunk(2)
            loss = (self.agreement(first, target_second) + self.agreement(second, target_first)) / 2
        return {"loss": loss, "projections": projections}

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Let the target follow, one step behind the optimiser's."""
        share = momentum(self.global_step - 1, int(self.trainer.estimated_stepping_batches), self.base_momentum)
        update_momentum(self.backbone, self.target_backbone, share)
        update_momentum(self.projector, self.target_projector, share)


def momentum(step: int, steps: int, base: float) -> float:
    """Share of the target's weights that stays, from ``base`` at the first step to 1 at the last, on half a cosine.

    Grill et al. 2020, §3.3.

    >>> [round(momentum(step, 100, 0.9), 3) for step in (0, 50, 100)]
    [0.9, 0.95, 1.0]
    """
    return 1 - (1 - base) * (math.cos(math.pi * step / steps) + 1) / 2


def _head(size: int, hidden: int, output: int) -> ProjectionHead:
    """Linear without bias, batch normalisation, ReLU, linear with bias."""
    return ProjectionHead(
        [(size, hidden, nn.BatchNorm1d(hidden), nn.ReLU(inplace=True), False), (hidden, output, None, None, True)]
    )

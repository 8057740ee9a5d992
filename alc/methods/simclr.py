"""SimCLR: two views of one image are to be nearer each other than to those of any other (Chen et al. 2020)."""

import torch
from lightly.loss import NTXentLoss
from lightly.models.modules.heads import ProjectionHead
from torch import Tensor, nn

from alc.errors import InputError
from alc.methods.self_supervised import Projected, SelfSupervisedModule, check_sizes
from alc.methods.trained import OptimizerFactory, SchedulerFactory
from alc.models.base import BackboneFactory

__all__ = ["SimCLR"]


class SimCLR(SelfSupervisedModule):
    """Contrasts views by the normalised, temperature-scaled cross-entropy of their projections' cosines.

    Each of the 2 B views of a batch has one positive and 2 B - 2 negatives; over several processes, those of all
    processes.  The projection head is linear, batch normalisation, ReLU, linear, as in the code released with Bernhardt
    et al. 2022, which has no batch normalisation at the end; Google's has, and lightly's ready-made head as well.  Both
    views go through the network as one batch, so they share batch statistics.  The loss is computed in float32: cosines
    in bfloat16, divided by the temperature, would differ in their second digit.

    Args:
        backbone: Builds the network.
        optimizer: Builds the optimiser from the parameters.
        scheduler: Builds the schedule from the optimiser, or None.
        temperature: What cosines are divided by, above 0; 0.5 in the paper's recipes and usual for 32x32 images.
        hidden: Width of the projection head; 2048 as released.
        output: Length of a projection.
    """

    def __init__(
        self,
        backbone: BackboneFactory,
        optimizer: OptimizerFactory,
        scheduler: SchedulerFactory | None = None,
        temperature: float = 0.5,
        hidden: int = 2048,
        output: int = 128,
    ) -> None:
        super().__init__(backbone, optimizer, scheduler)
        if not temperature > 0:
            raise InputError(f"ssl.method.temperature is {temperature}", allowed="a number above 0")
        check_sizes(hidden=hidden, output=output)
        self.projector = ProjectionHead(
            [
                (self.backbone.num_features, hidden, nn.BatchNorm1d(hidden), nn.ReLU(inplace=True), True),
                (hidden, output, None, None, False),
            ]
        )
        self.contrast = NTXentLoss(temperature, gather_distributed=True)

    def project(self, image: Tensor) -> Projected:
        """The loss, the mean over all views of both kinds, in nats."""
        projections: Tensor = self.projector(self.embed(image))
        with torch.autocast(image.device.type, enabled=False):
            first, second = projections.float().chunk(2)
            loss: Tensor = self.contrast(first, second)
        return {"loss": loss, "projections": projections}

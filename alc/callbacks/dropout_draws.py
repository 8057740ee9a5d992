"""DropoutDraws: dropout that goes on in prediction."""

import pytorch_lightning as pl
import torch
from torch import nn

from alc.errors import InputError
from alc.seeding import derive_seed

__all__ = ["DropoutDraws", "dropout_layers", "require_dropout"]

LAYERS = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.FeatureAlphaDropout)


def dropout_layers(module: nn.Module) -> list[nn.Module]:
    """The dropout layers of a module that drop anything at all."""
    return [each for each in module.modules() if isinstance(each, LAYERS) and each.p > 0]


class DropoutDraws(pl.Callback):
    """Switches the dropout layers, and nothing else, to training mode for one prediction (Gal & Ghahramani 2016).

    Batch normalisation keeps its running statistics.  Torch is seeded from (seed, draw, process), so a draw can be
    repeated; like any torch dropout it depends on the prediction batch size, the device and the number of processes.

    Args:
        seed: Seed of the draws.
        draw: Which of them this prediction is, from 0 on.

    Raises:
        InputError: When prediction starts, if the module has no dropout: all draws would be copies of one.
    """

    def __init__(self, seed: int, draw: int) -> None:
        self.seed, self.draw = seed, draw

    def on_predict_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Seed, and switch on."""
        require_dropout(pl_module)
        torch.manual_seed(derive_seed(self.seed, "dropout", self.draw, trainer.global_rank))
        for layer in dropout_layers(pl_module):
            layer.train()

    def on_predict_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Switch off."""
        for layer in dropout_layers(pl_module):
            layer.eval()


def require_dropout(module: nn.Module) -> None:
    """Refuse a module without dropout; better before it is trained than after."""
    if not dropout_layers(module):
        raise InputError(
            "the backbone has no dropout, so every Monte-Carlo draw would be the same",
            allowed="a backbone with dropout above 0",
            fix="Set backbone.dropout=0.5 (under a linear probe: tuning.dropout=0.5), or choose other posteriors",
        )

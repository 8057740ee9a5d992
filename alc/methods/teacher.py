"""Teacher: the average of a network's weights over its training, which says steadier things than the network."""

import copy
from typing import Any

import torch
from torch import Tensor, nn

from alc.errors import InputError
from alc.models.base import Backbone

__all__ = ["Teacher"]


class Teacher(nn.Module):
    """Exponential moving average of a network's weights and batch statistics (Tarvainen and Valpola 2017).

    After step t (from 1 on) ``average = d * average + (1 - d) * network`` with d the smaller of ``decay`` and
    ``(1 + t) / (10 + t)``: early on the average forgets the random weights it began with.  It is in evaluation mode
    always, and nothing of it has a gradient.

    Args:
        network: Whose average it is; its weights at this moment are what it begins with.
        decay: 0 to less than 1; 0 is the network itself.
    """

    network: Backbone

    def __init__(self, network: Backbone, decay: float) -> None:
        super().__init__()
        if not 0 <= decay < 1:
            raise InputError(f"method.teacher_decay is {decay}", allowed="0 or more, less than 1")
        self.network = copy.deepcopy(network).requires_grad_(False).eval()
        self.decay = decay

    def train(self, mode: bool = True) -> Any:
        """Stay in evaluation mode."""
        super().train(mode)
        self.network.eval()
        return self

    def begin(self, network: Backbone) -> None:
        """Take over the weights of a network as they are."""
        self.network.load_state_dict(network.state_dict())

    @torch.no_grad()
    def follow(self, network: Backbone, step: int) -> None:
        """Move towards the network after its step number ``step``, from 1 on."""
        decay = min(self.decay, (1 + step) / (10 + step)) if self.decay else 0.0
        ours, theirs = self._numbers(self.network), self._numbers(network)
        torch._foreach_lerp_(ours, theirs, 1 - decay)
        for mine, its in zip(self.network.buffers(), network.buffers(), strict=True):
            if not mine.is_floating_point():
                mine.copy_(its)

    @torch.no_grad()
    def log_probs(self, image: Tensor) -> Tensor:
        """Log-probabilities (B, C) of images (B, 3, H, W)."""
        logits: Tensor = self.network(image)
        return logits.float().log_softmax(dim=1)

    @staticmethod
    def _numbers(network: nn.Module) -> list[Tensor]:
        both = [*network.parameters(), *network.buffers()]
        return [each.detach() for each in both if each.is_floating_point()]

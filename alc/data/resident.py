"""Small images: the whole set lives on the training device as uint8, and a batch is born there from its row numbers."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Sampler

from alc.arrays import IntArray, UInt8Array
from alc.data.memory import memory_for

if TYPE_CHECKING:
    from alc.sources.images import Images

__all__ = ["IndexBatches", "ResidentImages"]

STREAM = "Set loader=streaming, which reads images batch by batch; loader=resident keeps all on the device"


class ResidentImages:
    """All pixels as one uint8 tensor (N, H, W, 3), kept on the device that last asked for them.

    Fits, folds and predictions of one process share it, so the images are decoded and copied once.  Stored channels
    last: a gathered batch is then already in the layout convolutions are fastest in.
    """

    def __init__(self, images: "Images") -> None:
        with memory_for(f"reading all {len(images)} images", STREAM):
            self.pixels = torch.from_numpy(np.ascontiguousarray(images.as_array()))

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return int(self.pixels.shape[1]), int(self.pixels.shape[2])

    def check(self) -> None:
        """Nothing left to look at: everything was decoded when this was made."""

    def on(self, device: torch.device) -> Tensor:
        """The pixels on that device, moved there on first use."""
        if self.pixels.device != device:
            with memory_for(f"bringing all {len(self)} images to {device}", STREAM):
                self.pixels = self.pixels.to(device)
        return self.pixels

    def read(self, rows: IntArray) -> UInt8Array:
        """Pixels (B, H, W, 3) of some rows, on the host."""
        return np.asarray(self.pixels[torch.from_numpy(np.asarray(rows))].cpu().numpy())

    def as_array(self) -> UInt8Array:
        """All pixels (N, H, W, 3), on the host."""
        return np.asarray(self.pixels.cpu().numpy())


class IndexBatches:
    """A loader whose batches hold nothing but rows (B,); there is no image to fetch, hence no worker to wait for."""

    batch_sampler = None  # Lightning asks every loader for it

    def __init__(self, sampler: Sampler[Tensor]) -> None:
        self.sampler = sampler  # Lightning looks here for `set_epoch`

    def __len__(self) -> int:
        return len(self.sampler)  # type: ignore[arg-type]  # every sampler here has a length

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        return ({"index": rows} for rows in self.sampler)

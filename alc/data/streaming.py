"""Large images: worker processes read and decode batches of rows; augmentation happens on the device, as ever."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from alc.errors import InputError

if TYPE_CHECKING:
    from alc.sources.images import Images

__all__ = ["RowReader", "streaming_loader"]


class RowReader(Dataset[dict[str, Tensor | InputError]]):
    """Reads a batch of rows at once: (B,) -> index (B,), image uint8 (B, H, W, 3).

    An image that cannot be read travels as the value of ``error`` and is raised by the main process: an exception
    raised in a worker would arrive wrapped in that worker's traceback.
    """

    def __init__(self, images: "Images") -> None:
        self.images = images

    def __getitem__(self, rows: Tensor) -> dict[str, Tensor | InputError]:
        try:
            return {"index": rows, "image": torch.from_numpy(self.images.read(rows.numpy()))}
        except InputError as error:
            return {"index": rows, "error": InputError(error.problem, allowed=error.allowed, fix=error.fix)}


def streaming_loader(
    images: "Images", sampler: Sampler[Tensor], num_workers: int
) -> DataLoader[dict[str, Tensor | InputError]]:
    """A loader over the sampler's batches; workers draw no random numbers, so their number changes nothing."""
    return DataLoader(
        RowReader(images),
        sampler=sampler,
        batch_size=None,  # the sampler yields whole batches
        num_workers=num_workers,
        pin_memory=torch.cuda.is_available(),
        persistent_workers=num_workers > 0,
        generator=torch.Generator(),  # or it would draw the workers' seeds from the stream that dropout draws from
    )

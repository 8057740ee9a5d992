"""LabelledImages: images and their noisy labels as batches for training and prediction."""

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor

from alc.arrays import FloatArray, IntArray
from alc.data.augmentation import Augmentation
from alc.data.batch import Batch
from alc.data.normalisation import Normalisation
from alc.data.resident import IndexBatches, ResidentImages
from alc.data.sampling import EpochSeededSampler, Sampling, balanced_weights, check_sampling
from alc.data.streaming import streaming_loader
from alc.data.unlabelled import UnlabelledViews, WithUnlabelled
from alc.errors import InputError
from alc.seeding import derive_seed

if TYPE_CHECKING:
    from alc.sources.images import Images

__all__ = ["LabelledImages", "require_batch"]


class LabelledImages(pl.LightningDataModule):
    """Batches of the ``train_rows`` (shuffled, augmented) and of the ``predict_rows`` (in order, plain).

    Loaders carry rows or raw pixels; labels, augmentation and normalisation are added on the device after the
    transfer.  Set ``use_distributed_sampler=False`` in the trainer: the sampler shares the rows out among processes
    itself, without the repeats that padding brings.

    Args:
        images: The N images, :class:`ResidentImages` or any other kind.
        labels: (N,) noisy labels; rows that are only predicted may hold anything.
        train_rows: (n,) rows to train on.
        predict_rows: Rows to predict.
        normalisation: From pixels to network input.
        augmentation: Random views; used in training only.
        batch_size: Training batch over all processes together.
        predict_batch_size: Prediction batch; it changes speed and memory, not results.
        seed: Seed of the order and of the views, each a function of (seed, epoch).
        num_workers: Processes that read images; unused where the images are resident.
        views: Random views of each training image, for self-supervision; with several, every training batch has the
            full size and the views stand one after another in ``image``: (views * B, 3, H, W).
        channels_last: Whether ``image`` lies in memory with channels last, as it arrives, or is copied into
            channels-first.
        sampling: ``uniform``, every training row once an epoch, or ``balanced``, see
            :func:`~alc.data.sampling.balanced_weights`; the noisy labels are what is balanced.
        unlabelled: Rows to learn from without labels, none of them in ``train_rows``, and the views to make of them;
            None for methods that learn from labelled images only.  Every training batch then holds weak views of its
            labelled images and of those, and strong views, see :class:`~alc.data.batch.Batch`.
    """

    def __init__(
        self,
        images: "Images",
        labels: IntArray,
        train_rows: IntArray,
        predict_rows: IntArray,
        *,
        normalisation: Normalisation,
        augmentation: Augmentation,
        batch_size: int,
        predict_batch_size: int,
        seed: int,
        num_workers: int = 0,
        views: int = 1,
        channels_last: bool = True,
        sampling: Sampling = "uniform",
        unlabelled: tuple[IntArray, UnlabelledViews] | None = None,
    ) -> None:
        super().__init__()
        if len(labels) != len(images):
            raise InputError(f"there are {len(labels)} labels for {len(images)} images", allowed="one label per image")
        if unlabelled is not None and np.isin(unlabelled[0], train_rows).any():
            raise InputError("rows without labels are among those that are trained on", allowed="other rows")
        require_batch(len(train_rows), batch_size)
        check_sampling(sampling)
        self.images, self.train_rows, self.predict_rows = images, np.asarray(train_rows), np.asarray(predict_rows)
        self.labels = torch.from_numpy(np.asarray(labels, dtype=np.int64))
        self.normalisation, self.augmentation = normalisation, augmentation
        self.batch_size, self.predict_batch_size, self.num_workers = batch_size, predict_batch_size, num_workers
        self.seed, self.views, self.channels_last, self.sampling = seed, views, channels_last, sampling
        self._generator, self._generator_of = torch.Generator(), ("", -1)
        self._draw: int | None = None
        self.unlabelled = unlabelled
        self._is_labelled = torch.zeros(len(labels), dtype=torch.bool)
        self._is_labelled[torch.from_numpy(self.train_rows)] = True

    def train_dataloader(self) -> Any:
        """Shuffled batches of ``train_rows``."""
        weights = None
        if self.sampling == "balanced":
            weights = balanced_weights(self.labels.cpu().numpy()[self.train_rows])
        return self._loader(self.train_rows, self.batch_size, self.seed, full=self.views > 1, weights=weights)

    def predict_dataloader(self) -> Any:
        """Batches of ``predict_rows`` in order."""
        return self._loader(self.predict_rows, self.predict_batch_size, None)

    def on_before_batch_transfer(self, batch: dict[str, Any], dataloader_idx: int) -> dict[str, Any]:
        """Raise what a worker could not read; count the labelled images, which come first, while rows are here."""
        if "error" in batch:
            raise batch["error"]
        if self.unlabelled is not None and cast("pl.Trainer", self.trainer).training:
            batch["labelled"] = int(self._is_labelled[batch["index"]].sum())
        return batch

    def on_after_batch_transfer(self, batch: dict[str, Any], dataloader_idx: int) -> Batch:
        """Gather, augment (in training) and normalise on the device."""
        index = batch["index"]
        if self.labels.device != index.device:
            self.labels = self.labels.to(index.device)
        if isinstance(self.images, ResidentImages):
            pixels, rows = self.images.on(index.device), index
        else:
            pixels, rows = batch["image"], torch.arange(len(index), device=index.device)
        trainer = cast("pl.Trainer", self.trainer)
        random = trainer.training or self._draw is not None
        if trainer.training and self.views > 1:
            rows = rows.repeat(self.views)
        views = self.augmentation(pixels, rows, self._view_generator(trainer)) if random else pixels[rows]
        if "labelled" in batch:
            return self._with_strong_views(views, pixels, rows, index, batch["labelled"])
        return {"image": self._image(views), "label": self.labels[index], "index": index}

    def _with_strong_views(self, weak: Tensor, pixels: Tensor, rows: Tensor, index: Tensor, labelled: int) -> Batch:
        trainer, (_, wanted) = (
            cast("pl.Trainer", self.trainer),
            cast("tuple[IntArray, UnlabelledViews]", self.unlabelled),
        )
        rows = rows if wanted.labelled_strong else rows[labelled:]
        index = index[:labelled]
        batch: Batch = {"image": self._image(weak), "label": self.labels[index], "index": index}
        if len(rows):
            batch["strong"] = self._image(wanted.strong(pixels, rows, self._view_generator(trainer)))
        return batch

    def _image(self, views: Tensor) -> Tensor:
        image = self.normalisation(views)
        return image if self.channels_last else image.contiguous()

    def predict_views(self, draw: int | None) -> None:
        """Predict from random views from now on, those of this draw (0 or more), or with None from plain images."""
        self._draw, self._generator_of = draw, ("", -1)

    def _loader(
        self,
        rows: IntArray,
        batch_size: int,
        seed: int | None,
        *,
        full: bool = False,
        weights: FloatArray | None = None,
    ) -> Any:
        trainer = cast("pl.Trainer", self.trainer)
        sampler = EpochSeededSampler(rows, batch_size, seed, trainer.global_rank, trainer.world_size, full, weights)
        batches: EpochSeededSampler | WithUnlabelled = sampler
        if self.unlabelled is not None and seed is not None:
            batches = WithUnlabelled(sampler, *self.unlabelled)
        if isinstance(self.images, ResidentImages):
            return IndexBatches(batches)
        return streaming_loader(self.images, batches, self.num_workers)

    def _view_generator(self, trainer: pl.Trainer) -> torch.Generator:
        """The generator of this epoch's or this draw's views, seeded anew whenever one begins."""
        wanted = ("views", trainer.current_epoch) if trainer.training else ("predicted views", self._draw or 0)
        if self._generator_of != wanted:
            self._generator_of = wanted
            self._generator.manual_seed(derive_seed(self.seed, *wanted, trainer.global_rank))
        return self._generator


def require_batch(count: int, batch_size: int) -> None:
    """Refuse a batch that is larger than the set to train on, unless nothing is trained."""
    if 0 < count < batch_size:
        raise InputError(
            f"the batch size {batch_size} is larger than the {count} samples to train on",
            fix=f"Set loader.batch_size to {count} or less",
        )

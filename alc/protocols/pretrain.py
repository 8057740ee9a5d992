"""Pretrain: train an encoder on images alone."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from pytorch_lightning.loggers import Logger

from alc.callbacks.checkpoint import LastCheckpoint, usable_checkpoint
from alc.callbacks.epoch_seed import EpochSeed
from alc.data.augmentation import Augmentation
from alc.data.datamodule import LabelledImages
from alc.data.memory import memory_for
from alc.data.normalisation import Normalisation, NormalisationName
from alc.data.resident import ResidentImages
from alc.errors import InputError
from alc.methods.compute import Compute
from alc.methods.self_supervised import SelfSupervisedModule
from alc.models.base import Backbone
from alc.protocols.beginning import begin
from alc.protocols.passes import check_number
from alc.protocols.result import fingerprint
from alc.protocols.trainer import TrainerFactory
from alc.seeding import derive_seed

if TYPE_CHECKING:
    from alc.sources.images import Images

__all__ = ["Pretrain"]

log = logging.getLogger(__name__)


def _no_logger(directory: Path) -> Logger | list[Logger] | None:
    return None


@dataclass(eq=False)
class Pretrain:
    """One self-supervised training with Lightning; an interrupted one continues and ends with the same encoder.

    Attributes:
        images: The N images; all are trained on, their labels never enter.
        build_module: Makes an untrained module; it is called with torch seeded.
        build_trainer: Makes a trainer.
        views: Random views; each image gives two per epoch.
        epochs: Passes over the images.
        batch_size: Images per step over all processes together; the loss compares them with one another.
        normalisation: Name of the normalisation; ``data`` measures ``images``.
        resident: Whether all images lie on the device as uint8.
        num_workers: Processes that read images where they do not.
        checkpoint_seconds: Least time between two checkpoints; the last epoch always writes one.
        build_logger: Makes the logger or loggers of the training in that directory, or None for none.
        compute: Memory layout and compilation.
    """

    images: "Images"
    build_module: Callable[[], SelfSupervisedModule]
    build_trainer: TrainerFactory
    views: Augmentation
    epochs: int
    batch_size: int
    normalisation: NormalisationName
    resident: bool
    num_workers: int = 0
    checkpoint_seconds: float = 30.0
    build_logger: Callable[[Path], Logger | list[Logger] | None] = _no_logger
    compute: Compute = field(default_factory=Compute)

    def __post_init__(self) -> None:
        check_number(self.epochs, "ssl.epochs")
        check_number(self.batch_size, "ssl.batch_size", least=2)
        if self.batch_size > len(self.images):
            raise InputError(
                f"ssl.batch_size is {self.batch_size} and there are {len(self.images)} images",
                fix=f"Set ssl.batch_size to {len(self.images)} or less",
            )
        if self.views.is_identity:
            raise InputError("ssl.views are the images as they are", allowed="random views", fix="Set ssl=simclr")

    def __call__(self, *, seed: int, directory: Path) -> Backbone:
        """The trained encoder; ``directory`` keeps what a later start needs."""
        images: Images = ResidentImages(self.images) if self.resident else self.images
        rows = np.arange(len(images))
        labels = np.zeros(len(rows), dtype=np.int64)
        mark = fingerprint(labels, rows, rows[:0], seed, "pretraining")
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(derive_seed(seed, "init"))
            module = self.build_module()
            normalisation = Normalisation.named(self.normalisation, images)
            begin(module, self.images, normalisation)
            self.compute.apply(module)
            trainer = self.build_trainer(
                callbacks=[EpochSeed(seed), LastCheckpoint(directory, mark, self.checkpoint_seconds)],
                logger=self.build_logger(directory) or False,
                default_root_dir=directory,
                max_epochs=self.epochs,
            )
            data = LabelledImages(
                images,
                labels,
                rows,
                rows[:0],
                normalisation=normalisation,
                augmentation=self.views,
                batch_size=self.batch_size,
                predict_batch_size=self.batch_size,
                seed=seed,
                num_workers=self.num_workers,
                views=2,
                channels_last=self.compute.channels_last,
            )
            checkpoint = usable_checkpoint(directory, mark)
            if checkpoint is not None:
                log.info("Continuing from %s.", checkpoint)
            lower = f"Lower ssl.batch_size, now {self.batch_size}"
            with memory_for("pre-training", lower), self.compute.compiling():
                trainer.fit(module, datamodule=data, ckpt_path=checkpoint, weights_only=True)
        return module.encoder

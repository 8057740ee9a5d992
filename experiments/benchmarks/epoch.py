"""A training epoch: images on the device, augmented there in whole batches, against a DataLoader with two workers.

Both sides train the same module with the same trainer.  The peer is what most projects do: a map-style data set whose
items go through torchvision's transforms one by one, in two persistent worker processes.

    python experiments/benchmarks/epoch.py
"""

import argparse
import os
import platform
import time
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import v2

from alc.arrays import IntArray, UInt8Array
from alc.data.augmentation import Augmentation
from alc.data.datamodule import LabelledImages
from alc.data.normalisation import Normalisation
from alc.data.resident import ResidentImages
from alc.methods.cross_entropy import CrossEntropy
from alc.models.small_resnet import SmallResNet
from alc.protocols.trainer import make_trainer
from alc.sources.images import ArrayImages

MEAN, STD = (0.5,) * 3, (0.25,) * 3


class PerImage(Dataset[dict[str, Any]]):
    """Images and labels, transformed one by one."""

    def __init__(self, pixels: UInt8Array, labels: IntArray, transform: Any) -> None:
        self.pixels, self.labels, self.transform = torch.from_numpy(pixels).permute(0, 3, 1, 2), labels, transform

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, row: int) -> dict[str, Any]:
        return {"image": self.transform(self.pixels[row]), "label": int(self.labels[row]), "index": row}


class Epochs(pl.Callback):
    """Seconds of every epoch."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._started = 0.0

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock."""
        self._started = time.perf_counter()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Stop it."""
        self.seconds.append(time.perf_counter() - self._started)


def seconds(module: CrossEntropy, data: Any, epochs: int, precision: Any) -> float:
    """Median over the epochs but the first, which starts workers and fills caches."""
    clock = Epochs()
    with TemporaryDirectory() as folder:
        trainer = make_trainer(
            max_epochs=epochs + 1,
            callbacks=[clock],
            accelerator="cpu",
            precision=precision,
            logger=False,
            enable_model_summary=False,
            enable_checkpointing=False,
            default_root_dir=Path(folder),
        )
        trainer.fit(module, data)
    return median(clock.seconds[1:])


def ours(pixels: UInt8Array, labels: IntArray, shift: int, flip: bool, batch: int) -> LabelledImages:
    rows = np.arange(len(labels))
    return LabelledImages(
        ResidentImages(ArrayImages(pixels)),
        labels,
        rows,
        rows,
        normalisation=Normalisation(MEAN, STD),
        augmentation=Augmentation(shift=shift, flip=flip),
        batch_size=batch,
        predict_batch_size=batch,
        seed=0,
    )


def peer(pixels: UInt8Array, labels: IntArray, shift: int, flip: bool, batch: int) -> DataLoader[dict[str, Tensor]]:
    steps: list[Any] = [v2.RandomCrop(pixels.shape[1], padding=shift)]
    steps += [v2.RandomHorizontalFlip()] if flip else []
    steps += [v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD)]
    images = PerImage(pixels, labels, v2.Compose(steps))
    return DataLoader(images, batch_size=batch, shuffle=True, num_workers=2, persistent_workers=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=5, help="epochs that are timed")
    chosen = parser.parse_args()
    rng = np.random.default_rng(0)
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, {torch.get_num_threads()} threads\n")
    print("| network and images | precision | ours, s per epoch | DataLoader, 2 workers | ratio |")
    print("|---|---|---|---|---|")
    cases = [
        ("digits net, 1,437 of 8x8", 1437, 8, 1, False, ("32-true",)),
        ("12 million multiply-adds, 10,000 of 32x32", 10_000, 32, 4, True, ("32-true", "bf16-mixed")),
    ]
    for name, count, size, shift, flip, precisions in cases:
        pixels = rng.integers(0, 256, (count, size, size, 3), dtype=np.uint8)
        labels = rng.integers(0, 10, count)
        for precision in precisions:
            found = []
            for make in (ours, peer):
                module = CrossEntropy(SmallResNet, 10, partial(torch.optim.SGD, lr=0.01))
                found.append(seconds(module, make(pixels, labels, shift, flip, 128), chosen.epochs, precision))
            print(f"| {name} | {precision} | {found[0]:.2f} | {found[1]:.2f} | {found[1] / found[0]:.2f} |", flush=True)


if __name__ == "__main__":
    main()

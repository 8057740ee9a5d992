"""A tiny real training: two classes of 8x8 images that differ in brightness of their halves."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

from alc.arrays import IntArray, UInt8Array
from alc.data.augmentation import Augmentation
from alc.methods.cross_entropy import CrossEntropy
from alc.models.small_resnet import SmallResNet
from alc.protocols.fit import Fit
from alc.protocols.trainer import make_trainer
from alc.sources.images import ArrayImages

MakeFit = Callable[..., Fit]


def halves(count: int, seed: int) -> tuple[UInt8Array, IntArray]:
    """Images (count, 8, 8) whose upper (class 0) or lower (class 1) half is bright, and their classes."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, count)
    images = rng.integers(0, 100, (count, 8, 8))
    for image, label in zip(images, labels, strict=True):
        image[4 * label : 4 * label + 4] += 120
    return images.astype(np.uint8), labels


@pytest.fixture
def labelled() -> tuple[UInt8Array, IntArray]:
    """60 images and their classes."""
    return halves(60, seed=0)


@pytest.fixture
def make_fit(labelled: tuple[UInt8Array, IntArray]) -> MakeFit:
    """Builds a Fit over the 60 images; keywords override its fields, ``epochs`` and ``dropout``."""

    def make(epochs: int = 2, dropout: float = 0.2, trainer: dict[str, Any] | None = None, **fields: Any) -> Fit:
        backbone = partial(SmallResNet, stem=4, widths=(8,), blocks=(1,), strides=(2,), dropout=dropout)
        optimizer = partial(torch.optim.AdamW, lr=0.02)
        scheduler = partial(torch.optim.lr_scheduler.CosineAnnealingLR, T_max=4)
        arguments: dict[str, Any] = {
            "accelerator": "cpu",
            "devices": 1,
            "deterministic": "warn",
            "enable_model_summary": False,
        }
        defaults: dict[str, Any] = {
            "images": ArrayImages(labelled[0]),
            "build_module": lambda: CrossEntropy(backbone, 2, optimizer, scheduler),
            "build_trainer": partial(make_trainer, **(arguments | {"max_epochs": epochs} | (trainer or {}))),
            "augmentation": Augmentation(shift=1),
            "normalisation": "data",
            "batch_size": 16,
            "predict_batch_size": 25,
            "resident": True,
            "checkpoint_seconds": 0.0,
        }
        return Fit(**(defaults | fields))

    return make

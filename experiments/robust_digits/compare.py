"""Methods that resist noisy labels, on digits with 40 % symmetric noise.

Run it as ``python experiments/robust_digits/compare.py``; the table stands in README.md beside it.
"""

import argparse
import logging
import os
import platform
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from alc.arrays import FloatArray
from alc.data.augmentation import Augmentation
from alc.methods.base import ClassifierModule
from alc.methods.co_teaching import CoTeaching
from alc.methods.cross_entropy import CrossEntropy
from alc.methods.elr import EarlyLearning
from alc.models.small_resnet import SmallResNet
from alc.noise.class_noise import Symmetric
from alc.protocols.fit import Fit
from alc.protocols.trainer import make_trainer
from alc.sources.digits import DigitsSource

EPOCHS = 40
OPTIMIZER = partial(torch.optim.AdamW, lr=0.01, weight_decay=0.05)
SCHEDULER = partial(torch.optim.lr_scheduler.CosineAnnealingLR, T_max=EPOCHS)
METHODS: dict[str, Callable[[float], Callable[..., ClassifierModule]]] = {
    "cross-entropy": lambda rate: CrossEntropy,
    "co-teaching, forget rate estimated": lambda rate: CoTeaching,
    "co-teaching, forget rate = noise rate": lambda rate: partial(CoTeaching, forget_rate=rate),
    "ELR": lambda rate: EarlyLearning,
}
"""Each with the options of its file in conf/method; the noise rate is told to one of them only."""


def trained(method: str, rate: float, seed: int, directory: Path) -> tuple[float, float, float]:
    """Clean test accuracy, accuracy of the predictions for the training images, and the forget rate in use."""
    dataset = DigitsSource().load(seed)
    reference = dataset.samples.reference
    assert reference is not None
    assert dataset.test_labels is not None
    labels, _ = Symmetric(rate).apply(reference, dataset.samples.num_classes, None, seed)
    modules: list[ClassifierModule] = []

    def build() -> ClassifierModule:
        module = METHODS[method](rate)(SmallResNet, dataset.samples.num_classes, OPTIMIZER, SCHEDULER)
        modules.append(module)
        return module

    fit = Fit(
        images=dataset.images,
        build_module=build,
        build_trainer=partial(make_trainer, max_epochs=EPOCHS, accelerator="cpu", enable_model_summary=False),
        augmentation=Augmentation(shift=1),
        normalisation="data",
        batch_size=128,
        predict_batch_size=512,
        resident=True,
        test_images=dataset.test_images,
        record_dynamics=False,
    )
    rows = np.arange(len(labels))
    result = fit(labels, rows, rows, seed=seed, directory=directory)
    assert result.test_probs is not None
    test = float((result.test_probs.argmax(axis=1) == dataset.test_labels).mean())
    train = float((result.probs.mean(axis=0).argmax(axis=1) == reference).mean())
    return test, train, modules[0].rate_now if isinstance(modules[0], CoTeaching) else float("nan")


def spread(values: FloatArray) -> str:
    return f"{100 * values.mean():.1f} ± {100 * values.std(ddof=1):.1f}" if np.isfinite(values).all() else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rate", type=float, default=0.4, help="share of wrong labels")
    parser.add_argument("--seeds", type=int, default=3)
    chosen = parser.parse_args()
    logging.disable(logging.INFO)
    warnings.filterwarnings("ignore")
    threads = torch.get_num_threads()
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, {threads} torch threads")
    print(f"digits, {chosen.rate:.0%} symmetric noise, {EPOCHS} epochs, seeds 0 to {chosen.seeds - 1}\n")
    print("| method | clean test accuracy, % | training images right, % | forget rate, % | seconds each |")
    print("|---|---|---|---|---|")
    started = time.perf_counter()
    for method in METHODS:
        begin = time.perf_counter()
        with TemporaryDirectory() as folder:
            found = np.array(
                [trained(method, chosen.rate, seed, Path(folder) / str(seed)) for seed in range(chosen.seeds)]
            )
        seconds = (time.perf_counter() - begin) / chosen.seeds
        test, train, forgotten = found.T
        print(f"| {method} | {spread(test)} | {spread(train)} | {spread(forgotten)} | {seconds:.0f} |", flush=True)
    print(f"\n{(time.perf_counter() - started) / 60:.1f} minutes")


if __name__ == "__main__":
    main()

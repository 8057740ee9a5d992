"""Random views per second on one core, ours beside three peers: python experiments/benchmarks/views.py.

One view is one augmented image, as normalised network input; self-supervised methods take two views of each image.
Peers start from what they like best and already hold (PIL images or single tensors; batches for kornia), ours from the
stored bytes.  The order of colour operations is drawn per image by all but kornia, which draws it per batch.
"""

import argparse
import os
import platform
import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from hydra import compose, initialize_config_dir
from PIL import Image
from torch import Generator, Tensor
from torchvision.transforms import v2

from alc.build import build
from alc.cli.app import config_directory
from alc.data.normalisation import Normalisation

Views = Callable[[], Any]
RATIO = (3 / 4, 4 / 3)
IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}


def hardware() -> str:
    """Processor, cores and versions in one line."""
    info = Path("/proc/cpuinfo")
    names = [line.split(":")[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
    model = names[0] if names else platform.processor() or platform.machine()
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}, PyTorch {torch.__version__}"


def ours(overrides: list[str], pixels: Tensor, rows: Tensor, batch: int) -> Views:
    with initialize_config_dir(str(config_directory()), version_base="1.3"):
        augmentation = build(compose("train", overrides), "augmentation")
    normalisation = Normalisation(tuple(IMAGENET["mean"]), tuple(IMAGENET["std"]))
    generator = Generator().manual_seed(0)
    return lambda: [normalisation(augmentation(pixels, part, generator)) for part in torch.split(rows, batch)]


def each(transform: Callable[[Any], Any], images: list[Any]) -> Views:
    return lambda: [transform(image) for image in images]


def lightly_simclr(images: list[Any], p: float) -> Views | None:
    if find_spec("lightly") is None:
        return None
    return each(import_module("lightly.transforms").SimCLRTransform(input_size=32, cj_prob=p), images)


def torchvision_simclr(images: list[Any], ending: list[Any], p: float) -> Views:
    parts = [
        v2.RandomResizedCrop(32),
        v2.RandomHorizontalFlip(),
        v2.RandomApply([v2.ColorJitter(0.8, 0.8, 0.8, 0.2)], p),
        v2.RandomGrayscale(0.2),
        v2.RandomApply([v2.GaussianBlur(3, (0.1, 2.0))], 0.5),
    ]
    return each(v2.Compose(parts + ending), [image for image in images for _ in range(2)])


def torchvision_paper(images: list[Any], ending: list[Any]) -> Views:
    parts = [
        v2.RandomAffine(15, (0.05, 0.05), shear=5),
        v2.RandomResizedCrop(32, (0.9, 1.0)),
        v2.RandomHorizontalFlip(),
        v2.ColorJitter(0.5, 0.5, 0.5),
    ]
    return each(v2.Compose(parts + ending), images)


def kornia(kind: str, p: float, pixels: Tensor, rows: Tensor, batch: int, cropping: str) -> Views | None:
    if find_spec("kornia") is None:
        return None
    K = import_module("kornia.augmentation")

    def crop(scale: tuple[float, float]) -> Any:
        return K.RandomResizedCrop((32, 32), scale, RATIO, cropping_mode=cropping)

    if kind == "simclr":
        parts = [
            crop((0.08, 1.0)),
            K.RandomHorizontalFlip(),
            K.ColorJiggle(0.8, 0.8, 0.8, 0.2, p=p),
            K.RandomGrayscale(p=0.2),
            K.RandomGaussianBlur((3, 3), (0.1, 2.0), p=0.5),
        ]
    else:
        parts = [
            K.RandomAffine(15, (0.05, 0.05), shear=5, p=1.0),
            crop((0.9, 1.0)),
            K.RandomHorizontalFlip(),
            K.ColorJiggle(0.5, 0.5, 0.5, 0.0, p=1.0),
        ]
    transform = torch.nn.Sequential(*parts, K.Normalize(torch.tensor(IMAGENET["mean"]), torch.tensor(IMAGENET["std"])))

    def views() -> list[Tensor]:
        return [transform(pixels[part].permute(0, 3, 1, 2).float().div_(255)) for part in torch.split(rows, batch)]

    return views


def rates(rivals: dict[str, Views | None], views: int, repeats: int) -> dict[str, float | None]:
    """Median views per second of each, taken in turn so that a busy machine slows all."""
    times: dict[str, list[float]] = {name: [] for name in rivals}
    for repeat in range(repeats + 1):
        for name, make in rivals.items():
            if make is None:
                continue
            start = time.perf_counter()
            make()
            if repeat:  # the first round warms up
                times[name].append(time.perf_counter() - start)
    return {name: views / float(np.median(taken)) if taken else None for name, taken in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=512)
    parser.add_argument("--batch", type=int, default=256, help="images of a batch")
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    count, batch = options.images, options.batch

    pixels = torch.randint(0, 256, (count, 32, 32, 3), dtype=torch.uint8)
    tensors = [image.permute(2, 0, 1).contiguous() for image in pixels]
    pictures = [Image.fromarray(image.numpy()) for image in pixels]
    to_float = [v2.ToDtype(torch.float32, scale=True), v2.Normalize(**IMAGENET)]
    to_tensor = [v2.ToImage(), *to_float]
    once, twice = torch.arange(count), torch.arange(count).repeat_interleave(2)

    tables: dict[str, dict[str, float | None]] = {}
    for p in (0.5, 0.8):
        tables[f"simclr, colour.p={p}"] = rates(
            {
                "ours": ours(["augmentation=simclr", f"augmentation.colour.p={p}"], pixels, twice, 2 * batch),
                "lightly SimCLRTransform, PIL": lightly_simclr(pictures, p),
                "torchvision v2, PIL": torchvision_simclr(pictures, to_tensor, p),
                "torchvision v2, tensors": torchvision_simclr(tensors, to_float, p),
                "kornia batches, cropped by slices": kornia("simclr", p, pixels, twice, 2 * batch, "slice"),
                "kornia batches, cropped by resampling": kornia("simclr", p, pixels, twice, 2 * batch, "resample"),
            },
            2 * count,
            options.repeats,
        )
    tables["paper_cifar"] = rates(
        {
            "ours": ours(["augmentation=paper_cifar"], pixels, once, batch),
            "torchvision v2, PIL": torchvision_paper(pictures, to_tensor),
            "torchvision v2, tensors": torchvision_paper(tensors, to_float),
            "kornia batches, cropped by slices": kornia("paper", 1, pixels, once, batch, "slice"),
            "kornia batches, cropped by resampling": kornia("paper", 1, pixels, once, batch, "resample"),
        },
        count,
        options.repeats,
    )

    print(hardware())
    print(f"{count} images of 32x32, batches of {batch}, one thread, median of {options.repeats}\n")
    print("| views | by | views/s | images/s | ours is |")
    print("|---|---|---|---|---|")
    for name, found in tables.items():
        per_image = 2 if name.startswith("simclr") else 1
        mine = found["ours"]
        assert mine is not None
        for by, rate in found.items():
            if rate is None:
                print(f"| {name} | {by} | not installed | | |")
            else:
                ratio = "" if by == "ours" else f"{mine / rate:.1f}x"
                print(f"| {name} | {by} | {rate:,.0f} | {rate / per_image:,.0f} | {ratio} |")


if __name__ == "__main__":
    main()

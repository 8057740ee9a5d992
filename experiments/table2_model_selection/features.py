"""What instance-dependent noise is made of: one vector per image of both sets, for CIFAR-10's own two parts.

    python experiments/table2_model_selection/features.py --root DATA               # pixels, seconds
    python experiments/table2_model_selection/features.py --root DATA --imagenet    # as released: downloads a network

Pixels are means of 4x4 blocks, 192 numbers from 0 to 255.  Xia et al. (2020) project the image itself; the released
code of Bernhardt et al. (2022) projects the pooled output of an ImageNet ResNet-50 that is shown pixels from 0 to 255.
Either way the numbers are neither centred nor scaled, so an image errs towards one class, and most images of a class
towards the same one.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import timm
import torch

from alc.arrays import FloatArray, UInt8Array
from alc.features import Features
from alc.sources.cifar10 import Cifar10Source

FILES = ("table2_train.npz", "table2_eval.npz")
AT_ONCE, BLOCK = 500, 4


def pixels(images: UInt8Array) -> FloatArray:
    """(B, H, W, 3) to (B, H * W * 3 / 16)."""
    count, height, width, channels = images.shape
    blocks = images.reshape(count, height // BLOCK, BLOCK, width // BLOCK, BLOCK, channels)
    return np.asarray(blocks.mean(axis=(2, 4), dtype=np.float64).reshape(count, -1))


def imagenet() -> Callable[[UInt8Array], FloatArray]:
    """The pooled 2048 features of torchvision's ResNet-50."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = timm.create_model("resnet50.tv_in1k", pretrained=True, num_classes=0).to(device).eval()

    @torch.inference_mode()
    def embed(images: UInt8Array) -> FloatArray:
        shown = torch.from_numpy(images).to(device).permute(0, 3, 1, 2).float()
        return np.asarray(network(shown).cpu().numpy())

    return embed


def write(root: str, folder: Path, test_subset: int | None, embed: Callable[[UInt8Array], FloatArray] = pixels) -> None:
    """Both files; test images are known by their place among those that a run predicts, see ``seeds.split`` 0."""
    data = Cifar10Source(root=root, part="test", test_subset=test_subset).load(0)
    assert data.test_images is not None
    folder.mkdir(parents=True, exist_ok=True)
    ids = (data.samples.sample_id, np.arange(len(data.test_images)))
    for name, images, sample_id in zip(FILES, (data.images, data.test_images), ids, strict=True):
        parts = np.array_split(np.arange(len(images)), -(-len(images) // AT_ONCE))
        values = np.concatenate([embed(images.read(rows)) for rows in parts])
        Features(values, sample_id, embed.__name__).save(folder / name)
        print(f"{folder / name}: {values.shape[0]} images, {values.shape[1]} numbers each")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--root", required=True, help="folder with CIFAR-10")
    parser.add_argument("--out", type=Path, default=Path("runs"), help="folder of the two files")
    parser.add_argument("--imagenet", action="store_true", help="the released code's features, of all 60,000 images")
    chosen = parser.parse_args()
    if chosen.imagenet:
        write(chosen.root, chosen.out, None, imagenet())
    else:
        write(chosen.root, chosen.out, 10_000)


if __name__ == "__main__":
    main()

"""CIFAR-10 with its published labels, to which any noise is added."""

from dataclasses import dataclass

from alc.errors import InputError, did_you_mean
from alc.samples import SampleTable
from alc.seeding import stream
from alc.sources.cifar10_files import CLASS_NAMES, Part, find_cifar10
from alc.sources.dataset import ImageDataset, one_hot
from alc.sources.images import EncodedImages, Images
from alc.sources.inputs import file_digests
from alc.sources.split import random_subset

__all__ = ["Cifar10Source", "image_note"]


@dataclass(frozen=True)
class Cifar10Source:
    """CIFAR-10 (Krizhevsky 2009): 50,000 train and 10,000 test images, 32x32, ten classes.

    Reference and given labels are the published ones; annotators always answer them.

    Attributes:
        root: Folder with ``cifar-10-batches-py/`` or the parquet files, or a folder ``cifar10`` with either.
        part: The part whose labels are noised and cleaned, ``train`` or ``test``; the other is the clean test set.
        subset: Random subset of that part, by the split seed; None for all of it.
        test_subset: Random subset of the test set, e.g. for runs without a GPU; None for all of it.
        download: Fetch torchvision's files (checksummed) when ``root`` holds no copy.
    """

    root: str
    part: Part = "train"
    subset: int | None = None
    test_subset: int | None = None
    download: bool = False

    def __post_init__(self) -> None:
        if self.part not in {"train", "test"}:
            hint = did_you_mean(str(self.part), ("train", "test"))
            raise InputError(f"data.part is {self.part!r}", allowed="train, test", fix=hint or "Type data.part=train")

    def load(self, split_seed: int) -> ImageDataset:
        """``sample_id`` is the image's number in its part of CIFAR-10."""
        files = find_cifar10(self.root, download=self.download)
        noisy, test = files.read(self.part), files.read("test" if self.part == "train" else "train")
        rows = random_subset(len(noisy.labels), self.subset, stream(split_seed, "subset"), "data.subset")
        test_rows = random_subset(
            len(test.labels), self.test_subset, stream(split_seed, "test_subset"), "data.test_subset"
        )
        images, labels = noisy.images(rows), noisy.labels[rows]
        return ImageDataset(
            name="cifar10",
            images=images,
            samples=SampleTable(rows, CLASS_NAMES, given=labels, reference=labels),
            distribution=one_hot(labels, len(CLASS_NAMES)),
            test_images=test.images(test_rows),
            test_labels=test.labels[test_rows],
            description=f"CIFAR-10: {len(rows)} {self.part} images, {len(test_rows)} clean test images."
            + image_note(images),
        )

    def digests(self) -> dict[str, str]:
        """One digest per batch or parquet file."""
        return file_digests(find_cifar10(self.root, download=self.download).paths())

    def image_digests(self) -> dict[str, str]:
        """The same: these files hold images and labels."""
        return self.digests()


def image_note(images: Images) -> str:
    """What a reader of accuracies must know about these pixels, as a sentence to append, or nothing."""
    if isinstance(images, EncodedImages) and images.is_jpeg:
        return " The images are JPEG copies: accuracies come out slightly below those on the lossless originals."
    return ""

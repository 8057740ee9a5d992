"""CIFAR-10H: all 10,000 CIFAR-10 test images with about 51 human labels each."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import numpy as np

from alc.arrays import IntArray
from alc.atomic import atomic_path
from alc.errors import InputError, reader_says
from alc.labels import LabelCounts
from alc.samples import SampleTable
from alc.seeding import stream
from alc.sources.cifar10 import image_note
from alc.sources.cifar10_files import CLASS_NAMES, Cifar10Part, find_cifar10
from alc.sources.dataset import ImageDataset
from alc.sources.images import Images
from alc.sources.inputs import file_digests, find_input, input_root
from alc.sources.parts import JoinedImages
from alc.sources.split import random_subset
from alc.sources.tracks import LABELLED, further_rows

__all__ = ["Cifar10HSource", "cifar10h_dataset", "cifar10h_digests", "find_counts", "read_counts"]

URL = "https://raw.githubusercontent.com/jcpeterson/cifar-10h/master/data/cifar10h-counts.npy"
SHA256 = "9b36b4550349af56c79083356312eb4af856cc5fd3caf1f669d40b9d0bbb69ff"
FILE = "cifar10h-counts.npy"
PLACES = tuple(f"{folder}{FILE}" for folder in ("", "cifar-10h/", "cifar-10h/data/", "cifar10h/"))
NUM_IMAGES = 10_000
FIX = f"Put the file from {URL} there, type data.root=<folder that holds it>, or data.download=true to fetch it"


@dataclass(frozen=True)
class Cifar10HSource:
    """CIFAR-10H (Peterson et al. 2019, ICCV): human label counts of the CIFAR-10 test images; CC BY-NC-SA 4.0.

    Annotators answer from an image's counts as fractions.  The reference label is the class most people chose (the
    lowest of tied ones), as in the paper; CIFAR-10's own label, which differs on 0.8 % of the images, is the given
    and the ``published`` one.  The clean test set are CIFAR-10's train images.

    Attributes:
        root: Folder with CIFAR-10 (see ``cifar10``) and ``cifar10h-counts.npy``.
        test_subset: Random subset of the 50,000 clean images, by the split seed; None for all.
        download: Fetch what is missing, checksummed.
    """

    root: str
    test_subset: int | None = None
    download: bool = False

    def load(self, split_seed: int) -> ImageDataset:
        """``sample_id`` is the image's number in the CIFAR-10 test set."""
        counts = read_counts(find_counts(self.root, download=self.download))
        return cifar10h_dataset(
            "cifar10h",
            self.root,
            counts,
            np.arange(NUM_IMAGES),
            split_seed,
            test_subset=self.test_subset,
            download=self.download,
        )

    def digests(self) -> dict[str, str]:
        """The counts file and the CIFAR-10 files."""
        return cifar10h_digests(self.root, download=self.download)

    def image_digests(self) -> dict[str, str]:
        """The CIFAR-10 files: whatever people said, these are all their images."""
        return file_digests(find_cifar10(self.root, download=self.download).paths())


def cifar10h_dataset(
    name: str,
    root: str,
    counts: LabelCounts,
    rows: IntArray,
    split_seed: int,
    *,
    test_subset: int | None,
    download: bool,
    track: str = LABELLED,
    unlabelled: int | None = None,
) -> ImageDataset:
    """CIFAR-10H restricted to the CIFAR-10 test images ``rows``, in that order.

    The other CIFAR-10 test images are the pool, in an order drawn from the split seed.  They are also what may be
    learned from without labels on the tracks ``plus_test`` and ``plus_train``, the second of which adds the train
    images.  No image is both that and a clean test image: on ``plus_train`` the clean test set is ``test_subset`` of
    the train images, and the others lack labels; where ``test_subset`` is None there is no clean test set.
    """
    files = find_cifar10(root, download=download)
    human, test = files.read("test"), files.read("train")
    published = human.labels
    if len(published) != NUM_IMAGES:
        raise InputError(f"CIFAR-10 below {root!r} has {len(published)} test images", allowed=f"all {NUM_IMAGES}")
    agreement = float((published == counts.majority).mean())
    if agreement < 0.9:  # 0.992 in the published order; chance is 0.1
        raise InputError(
            f"the CIFAR-10H counts agree with only {agreement:.0%} of the CIFAR-10 labels below {root!r}",
            allowed="CIFAR-10 test images in their original order (about 99 % agree)",
        )
    test_rows = random_subset(len(test.labels), test_subset, stream(split_seed, "test_subset"), "data.test_subset")
    if track == "plus_train" and test_subset is None:
        test_rows = test_rows[:0]
    images = human.images(rows)
    others = stream(split_seed, "pool").permutation(np.setdiff1d(np.arange(NUM_IMAGES), rows))
    further = _further(human, test, np.sort(others), test_rows, track, unlabelled, split_seed)
    clean = f"{len(test_rows)} CIFAR-10 train images as clean test set" if len(test_rows) else "no clean test set"
    lacking = f"; {len(further)} further images without labels" if further is not None else ""
    return ImageDataset(
        name=name,
        images=images,
        samples=SampleTable(rows, CLASS_NAMES, given=published[rows], reference=counts.majority[rows]),
        distribution=counts.distribution[rows],
        test_images=test.images(test_rows) if len(test_rows) else None,
        test_labels=test.labels[test_rows] if len(test_rows) else None,
        published=published[rows],
        description=f"CIFAR-10H: {len(rows)} CIFAR-10 test images with human label counts, reference = human majority; "
        f"{clean}{lacking}." + image_note(images),
        pool=_pool(name, human, counts, others) if len(others) else None,
        unlabelled=further,
        track=track,
    )


def _further(
    human: Cifar10Part,
    train: Cifar10Part,
    others: IntArray,
    test_rows: IntArray,
    track: str,
    unlabelled: int | None,
    split_seed: int,
) -> Images | None:
    """The images of a track that lack labels: first CIFAR-10 test images, then train images, each in its own order."""
    if track not in {"plus_test", "plus_train"}:
        return None
    train_rows = np.setdiff1d(np.arange(len(train.labels)), test_rows) if track == "plus_train" else test_rows[:0]
    chosen = further_rows(np.arange(len(others) + len(train_rows)), unlabelled, split_seed)
    first, second = others[chosen[chosen < len(others)]], train_rows[chosen[chosen >= len(others)] - len(others)]
    parts = [part.images(rows) for part, rows in ((human, first), (train, second)) if len(rows)]
    return parts[0] if len(parts) == 1 else JoinedImages(*parts)


def _pool(name: str, human: Cifar10Part, counts: LabelCounts, rows: IntArray) -> ImageDataset:
    reference = counts.majority[rows]
    return ImageDataset(
        name=f"{name}, further images",
        images=human.images(rows),
        samples=SampleTable(rows, CLASS_NAMES, given=reference, reference=reference),
        distribution=counts.distribution[rows],
    )


def cifar10h_digests(root: str, *, download: bool) -> dict[str, str]:
    """Digests of the counts file and of the CIFAR-10 files."""
    return file_digests([find_counts(root, download=download), *find_cifar10(root, download=download).paths()])


def find_counts(root: str | Path, *, download: bool) -> Path:
    """The counts file below ``root``, fetched when it is missing and may be."""
    if download:
        folder = Path(root).expanduser()
        folder.mkdir(parents=True, exist_ok=True)
        if not any((folder / name).is_file() for name in PLACES):
            _download(folder / FILE)
    return find_input(input_root(root, FIX), PLACES, "CIFAR-10H counts", FIX)


def _download(target: Path) -> None:
    try:
        with urlopen(URL, timeout=60) as answer:
            content = answer.read()
    except OSError as error:
        raise InputError(f"{URL} could not be downloaded ({error})", fix=f"Save it as {target} yourself") from error
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256:
        raise InputError(
            f"{URL} answered with {len(content)} bytes of another content (sha256 {found})", allowed=f"sha256 {SHA256}"
        )
    with atomic_path(target) as temporary:
        temporary.write_bytes(content)


def read_counts(path: Path) -> LabelCounts:
    """The counts (10000, 10), checked: whole numbers, no empty row."""
    try:
        counts = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"{path} is not a .npy file of numbers ({reader_says(error)})", fix=FIX) from error
    shape = (NUM_IMAGES, len(CLASS_NAMES))
    if not isinstance(counts, np.ndarray) or counts.shape != shape or not np.issubdtype(counts.dtype, np.integer):
        found = f"shape {counts.shape} and dtype {counts.dtype}" if isinstance(counts, np.ndarray) else "several arrays"
        raise InputError(
            f"{path} has {found}", allowed=f"shape {shape} and dtype int64 (counts, not probabilities)", fix=FIX
        )
    try:
        return LabelCounts(counts.astype(np.int64))
    except InputError as error:
        raise InputError(f"{path}: {error.problem}", allowed=error.allowed, fix=FIX) from error

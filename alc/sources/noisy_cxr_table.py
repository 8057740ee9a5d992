"""NoisyCXR put together from its published files, before any image is opened: labels, doubts, halves."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from alc.arrays import BoolArray, IntArray
from alc.errors import InputError
from alc.sources.noisy_cxr_labels import (
    Ambiguous,
    FlipRule,
    check_choice,
    flipped_rows,
    initial_labels,
    is_ambiguous,
    nih_category,
    released_halves,
)
from alc.sources.published import find_published
from alc.sources.rsna_files import (
    CLASS_FILE,
    LABEL_FILE,
    MAPPING_FILE,
    READER_FILE,
    read_mapping,
    read_readers,
    read_rsna_labels,
)

__all__ = ["NoisyCxrTable", "noisy_cxr_table", "published_files"]

WITHOUT_READERS = (
    f"Without {READER_FILE.name} nobody knows which images are ambiguous: data.ambiguous=none makes all annotators "
    "give the adjudicated label, and no error counts as ambiguous"
)


@dataclass(frozen=True, eq=False)
class NoisyCxrTable:
    """The N images in the order of the mapping, which the released code's draws depend on.

    Attributes:
        image: Ids in the challenge.
        row: (N,) row of each in the mapping file.
        patient: NIH patients.
        category: (N,) what the NIH labels say, see :data:`~alc.sources.noisy_cxr_labels.CATEGORIES`.
        truth: (N,) the adjudicated label: 0 Normal, 1 Opacity.
        noisy: (N,) the label made from NIH's.
        ambiguous: (N,) whether readers were in doubt; all False without the readers' file.
        halves: Rows of the training half and of the validation half.
        unmapped: How many labelled images the mapping lacks; they are left out.
    """

    image: tuple[str, ...]
    row: IntArray
    patient: tuple[str, ...]
    category: IntArray
    truth: IntArray
    noisy: IntArray
    ambiguous: BoolArray
    halves: tuple[IntArray, IntArray]
    unmapped: int

    def __len__(self) -> int:
        return len(self.image)


def published_files(root: Path, ambiguous: Ambiguous) -> list[Path]:
    """The label files that are used, or an error that names all that are missing."""
    files = [LABEL_FILE, CLASS_FILE, MAPPING_FILE, *([] if ambiguous == "none" else [READER_FILE])]
    return find_published(root, *files, hints={READER_FILE.name: WITHOUT_READERS})


def noisy_cxr_table(root: Path, flips: FlipRule, flip_rate: float, ambiguous: Ambiguous, seed: int) -> NoisyCxrTable:
    """Read the files of ``root`` and draw flips, then halves, from one Mersenne Twister, as the released code does.

    Args:
        root: ``data.root``.
        flips: Which flip rule.
        flip_rate: Share of consolidations and infiltrations with a flipped label.
        ambiguous: ``none`` does without the readers' file; the others need it.
        seed: Of the draws.
    """
    check_choice("data.flips", flips, FlipRule)
    check_choice("data.ambiguous", ambiguous, Ambiguous)
    if isinstance(flip_rate, bool) or not 0 <= flip_rate <= 1:
        raise InputError(f"data.flip_rate is {flip_rate!r}", allowed="0 to 1", fix="Type data.flip_rate=0.1")
    published_files(root, ambiguous)  # all that are missing at once
    labels, mapping = read_rsna_labels(root), read_mapping(root)
    readers = {} if ambiguous == "none" else read_readers(root)
    opacity = dict(zip(labels.image, labels.opacity.tolist(), strict=True))
    rows = [number for number, entry in enumerate(mapping) if entry.image in opacity]
    if not rows:
        raise InputError("the mapping names none of the labelled images", fix="Take all files from the same challenge")
    mapped = [mapping[row] for row in rows]
    category = np.array([nih_category(entry.labels) for entry in mapped])
    truth = np.array([int(opacity[entry.image]) for entry in mapped])
    boxes = np.array([readers.get(entry.study, (-1, -1)) for entry in mapped])
    legacy = np.random.RandomState(seed)
    noisy = initial_labels(category, truth)
    flipped = flipped_rows(category, truth, flip_rate, flips, legacy)
    noisy[flipped] = 1 - noisy[flipped]
    return NoisyCxrTable(
        image=tuple(entry.image for entry in mapped),
        row=np.array(rows),
        patient=tuple(entry.patient for entry in mapped),
        category=category,
        truth=truth,
        noisy=noisy,
        ambiguous=is_ambiguous(truth, boxes[:, 0], boxes[:, 1]),
        halves=released_halves(len(rows), legacy),
        unmapped=len(labels) - len(rows),
    )

"""Counts of NoisyCXR beside the paper's Table 3: ``python -m alc.sources.noisy_cxr_counts FOLDER``."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from alc.arrays import IntArray
from alc.errors import InputError
from alc.sources.inputs import input_root
from alc.sources.noisy_cxr_labels import CATEGORIES, Ambiguous, FlipRule
from alc.sources.noisy_cxr_table import NoisyCxrTable, noisy_cxr_table
from alc.sources.published import find_published
from alc.sources.rsna_files import CLASS_FILE, LABEL_FILE, MAPPING_FILE, READER_FILE, read_rsna_labels

__all__ = ["PAPER", "counts_of", "main", "side_by_side"]

ROWS = (*(f"NIH: {name}" for name in CATEGORIES), "NoisyCXR: Opacity", "NoisyCXR: Normal", "all")
PAPER = np.array(
    [[367, 441], [3988, 8551], [1101, 5567], [556, 6113], [3956, 1296], [2056, 19376], [6012, 20672]], dtype=np.int64
)
"""Bernhardt et al. 2022, Table 3: images by what NIH says and by the noisy label, adjudicated Opacity and Normal."""


def counts_of(category: IntArray, truth: IntArray, noisy: IntArray) -> IntArray:
    """The numbers of Table 3, (7, 2), in the order of :data:`PAPER`.

    >>> counts_of(np.array([0, 1, 3]), np.array([1, 0, 0]), np.array([1, 1, 0])).tolist()
    [[1, 0], [0, 1], [0, 0], [0, 1], [1, 1], [0, 1], [1, 2]]
    """
    masks = [category == number for number in range(len(CATEGORIES))] + [noisy == 1, noisy == 0, noisy >= 0]
    return np.array([[int((mask & (truth == label)).sum()) for label in (1, 0)] for mask in masks])


def side_by_side(counts: IntArray) -> str:
    """The counts beside the paper's, as text."""
    lines = [f"{'adjudicated (RSNA)':<32}{'Opacity':>9}{'paper':>9}{'Normal':>11}{'paper':>9}"]
    for name, (opacity, normal), (paper_opacity, paper_normal) in zip(ROWS, counts, PAPER, strict=True):
        lines.append(f"{name:<32}{opacity:>9,}{paper_opacity:>9,}{normal:>11,}{paper_normal:>9,}")
    total, wrong = int(counts[-1].sum()), int(counts[4, 1] + counts[5, 0])
    lines.append(f"{total:,} images (paper {PAPER[-1].sum():,}), {wrong:,} wrong labels: {wrong / total:.2%} (12.56%)")
    if counts[-1].all():
        false_negative, false_positive = counts[5, 0] / counts[-1, 0], counts[4, 1] / counts[-1, 1]
        lines.append(
            f"{false_negative:.1%} of Opacity (34.2%) and {false_positive:.1%} of Normal (6.3%) labelled wrong"
        )
    return "\n".join(lines)


def describe(table: NoisyCxrTable, *, knows_ambiguous: bool) -> str:
    """Table 3, and what it does not show."""
    ambiguous = f"{int(table.ambiguous.sum()):,} ambiguous images" if knows_ambiguous else "ambiguous images unknown"
    left_out = f"; {table.unmapped:,} labelled images are not in the mapping" if table.unmapped else ""
    patients = [set(np.asarray(table.patient)[rows].tolist()) for rows in table.halves]
    return (
        f"{side_by_side(counts_of(table.category, table.truth, table.noisy))}\n"
        f"{ambiguous}; {len(patients[0] | patients[1]):,} patients, "
        f"{len(patients[0] & patients[1]):,} of them with images in both halves{left_out}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the counts, or as many as the files that are there allow and which are missing."""
    parser = argparse.ArgumentParser(prog="python -m alc.sources.noisy_cxr_counts", description=__doc__)
    parser.add_argument("folder", help="holds the published files; no images are needed")
    parser.add_argument("--flips", default="per_class", choices=["released", "per_class"])
    parser.add_argument("--flip-rate", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=1234)
    given = parser.parse_args(arguments)
    try:
        root = input_root(given.folder, "Give the folder that holds the published files")
        missing = _missing(root)
        for problem in missing.values():
            sys.stdout.write(f"{problem}\n")
        if missing.keys() & {LABEL_FILE.name, CLASS_FILE.name}:
            return 2
        if MAPPING_FILE.name in missing:
            labels = read_rsna_labels(root)
            opacity = int(labels.opacity.sum())
            sys.stdout.write(
                f"Adjudicated labels alone: {len(labels):,} images (paper {PAPER[-1].sum():,}), {opacity:,} Opacity "
                f"({PAPER[-1, 0]:,}), {len(labels) - opacity:,} Normal ({PAPER[-1, 1]:,})\n"
            )
            return 2
        ambiguous: Ambiguous = "none" if READER_FILE.name in missing else "released"
        flips: FlipRule = "released" if given.flips == "released" else "per_class"
        table = noisy_cxr_table(root, flips, given.flip_rate, ambiguous, given.seed)
        sys.stdout.write(f"{describe(table, knows_ambiguous=ambiguous != 'none')}\n")
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 2 if missing else 0


def _missing(root: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for file in (LABEL_FILE, CLASS_FILE, MAPPING_FILE, READER_FILE):
        try:
            find_published(root, file)
        except InputError as error:
            found[file.name] = str(error)
    return found


if __name__ == "__main__":
    sys.exit(main())

"""What is wrong or odd about image files: listed by path, counted, refused unless they are to be left out."""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from alc.arrays import IntArray
from alc.atomic import atomic_path
from alc.errors import InputError

__all__ = ["Finding", "describe_findings", "readable_rows", "write_findings"]


class Finding(NamedTuple):
    """One image file that can not be read, or that is converted on the way to 8-bit RGB.

    Attributes:
        path: Relative to ``data.root``.
        what: What is the matter, e.g. ``is empty (0 bytes)`` or ``16-bit grey, scaled to 8 bits``.
        is_used: Whether the image is part of the data set all the same.
    """

    path: str
    what: str
    is_used: bool


def readable_rows(findings: Sequence[Finding], paths: Sequence[str], root: Path, *, skip: bool) -> IntArray:
    """Rows of the paths that can be used.

    Raises:
        InputError: Some can not and they are not to be skipped, or none can.
    """
    bad = {finding.path: finding.what for finding in findings if not finding.is_used}
    rows = np.flatnonzero([path not in bad for path in paths])
    if bad and (not skip or not len(rows)):
        shown = "; ".join(f"{root / path} {what}" for path, what in list(bad.items())[:5])
        more = f" ... and {len(bad) - 5} more" if len(bad) > 5 else ""
        raise InputError(
            f"{len(bad)} of {len(paths)} images cannot be read: {shown}{more}",
            allowed="PNG, JPEG, BMP, GIF, TIFF, WEBP or DICOM files",
            fix="Replace or remove them, or type data.skip_unreadable=true, which leaves them out and lists them all",
        )
    return rows


def describe_findings(findings: Sequence[Finding]) -> str:
    """What to say of them in a description, beginning with a space; empty where there are none.

    >>> describe_findings([Finding("a.png", "is empty (0 bytes)", False), Finding("b.png", "CMYK, converted", True)])
    ' 1 unreadable image was left out; 1 is converted (CMYK, converted: 1).'
    """
    left_out = sum(not finding.is_used for finding in findings)
    kinds = Counter(re.sub(r" of \d+ frames", " of several frames", each.what) for each in findings if each.is_used)
    parts = []
    if left_out:
        parts.append(f"{left_out} unreadable image{' was' if left_out == 1 else 's were'} left out")
    if kinds:
        total, listed = kinds.total(), "; ".join(f"{what}: {count}" for what, count in kinds.most_common())
        parts.append(f"{total} {'is' if total == 1 else 'are'} converted ({listed})")
    return f" {'; '.join(parts)}." if parts else ""


def write_findings(findings: Sequence[Finding], path: Path) -> None:
    """A CSV file with the columns path, used (yes or no), finding."""
    with atomic_path(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "used", "finding"])
        writer.writerows([each.path, "yes" if each.is_used else "no", each.what] for each in findings)

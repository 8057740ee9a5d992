"""The images of a list of files, less those that can not be read where that is asked for."""

from collections.abc import Sequence
from pathlib import Path

from alc.arrays import IntArray
from alc.sources.decode import Resize
from alc.sources.dicom import Window
from alc.sources.findings import Finding
from alc.sources.images import FileImages, Images
from alc.sources.parts import PartOfImages

__all__ = ["image_files"]


def image_files(
    root: Path, paths: Sequence[str], *, size: int, resize: Resize, window: Window, cache: str | None, skip: bool
) -> tuple[Images, IntArray, tuple[Finding, ...]]:
    """Images that were all looked at, the rows of ``paths`` they are of, and what there is to say of files.

    Args:
        root: Folder of the paths.
        paths: Files relative to it.
        size: Side in pixels after making them square.
        resize: How they are made square.
        window: Of DICOM files.
        cache: Folder of decoded images, or None.
        skip: Whether files that can not be read are left out; otherwise they are refused.
    """
    images = FileImages(root, paths, size, resize, window, None if cache is None else Path(cache).expanduser())
    rows, findings = images.readable(skip=skip)
    return images if len(rows) == len(images) else PartOfImages(images, rows), rows, findings

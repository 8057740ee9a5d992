"""The most suspicious samples as rows of a table, with small images."""

from typing import TYPE_CHECKING, Any

import numpy as np

from alc.arrays import UInt8Array
from alc.samples import SampleTable

if TYPE_CHECKING:
    import pandas as pd

    from alc.sources.images import Images

__all__ = ["suspicious", "thumbnails"]

COLUMNS = ("rank", "sample_id", "path", "given", "suggested", "p_given", "p_suggested", "score", "reference")


def suspicious(
    ranking: "pd.DataFrame", images: "Images", samples: SampleTable, *, top: int, side: int
) -> tuple[list[str], list[list[Any]], UInt8Array]:
    """Column names, rows and images (K, H, W, 3) of the first ``top`` samples of a ranking.

    Args:
        ranking: One row per sample, the worst first.
        images: All images, in the order of ``samples``.
        samples: Who is who.
        top: K, at most.
        side: Longest side of an image.
    """
    first = ranking.head(top)
    order = np.argsort(samples.sample_id)
    rows = order[np.searchsorted(samples.sample_id, first["sample_id"].to_numpy(), sorter=order)]
    columns = [name for name in COLUMNS if name in first]
    table = first[columns].astype(object).to_numpy().tolist()
    return columns, table, thumbnails(images.read(rows), side)


def thumbnails(images: UInt8Array, side: int) -> UInt8Array:
    """Images (K, H, W, 3) whose longer side is ``side`` at most; smaller ones are left as they are."""
    height, width = images.shape[1:3]
    if max(height, width) <= side:
        return images
    from PIL import Image

    scale = side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.stack([np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BOX)) for image in images])

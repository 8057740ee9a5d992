"""Random views of uint8 images, a whole batch at once with its own parameters for every image, on any device."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

import torch
from torch import Generator, Tensor

from alc.data.blur import GaussianBlur, blur_
from alc.data.colour import ColourJitter, grayscale_, jitter_
from alc.data.cutout import check_cutout, cut_
from alc.data.geometry import Affine, ResizedCrop, draw_maps, resampled
from alc.data.ranges import require_probability
from alc.data.shift import Padding, shifted
from alc.errors import InputError

__all__ = ["Augmentation", "Padding"]

WORKING_SET = 2 << 20  # bytes of float pixels a CPU thread handles at once: small for its cache, large beside the calls


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Random views: geometry, then colours, then blur; every image with parameters of its own.

    The order is fixed: shift by whole pixels, or affine map and resized crop; mirroring; colour jitter (its four
    operations in an order drawn per image); grayscale; blur; cutout.  The statistics are those of torchvision's
    transforms of the same names.  Mirroring and shifts are one gather of bytes; an affine map, a crop and mirroring
    are one bilinear resampling (:mod:`alc.data.geometry`), and from there on pixels are floats in 0..255, never rounded
    in between.

    Attributes:
        shift: Largest offset in whole pixels down and right, uniform over -shift..shift: torchvision's
            ``RandomCrop(size, padding=shift)``.  0 turns it off.
        flip: Whether images may be mirrored: a fair coin, or a number as the probability.  Not for digits, text or
            sides of a body.
        padding: What a shift brings in at the borders: black, the nearest pixel, or the mirrored image.
        affine: Random rotation, shift and shear, or None.
        crop: Random resized crop, or None.
        colour: Random brightness, contrast, saturation and hue, or None.
        grayscale: Probability that an image loses its colours.
        blur: Random Gaussian blur, or None.
        cutout: Side in pixels of a square that is hidden in every image; 0 turns it off.
    """

    shift: int = 0
    flip: bool | float = False
    padding: Padding = "zero"
    affine: Affine | None = None
    crop: ResizedCrop | None = None
    colour: ColourJitter | None = None
    grayscale: float = 0.0
    blur: GaussianBlur | None = None
    cutout: int = 0

    def __post_init__(self) -> None:
        if self.shift < 0:
            raise InputError(f"augmentation.shift is {self.shift}", allowed="0 or more pixels")
        if self.padding not in get_args(Padding):
            raise InputError(f"augmentation.padding is {self.padding!r}", allowed=", ".join(get_args(Padding)))
        if self.shift and (self.affine or self.crop):
            raise InputError(
                f"augmentation.shift is {self.shift} beside {'an affine map' if self.affine else 'a resized crop'}",
                allowed="whole-pixel shifts, or affine and crop",
                fix="Set augmentation.shift=0, or augmentation.affine=null augmentation.crop=null",
            )
        check_cutout(self.cutout)
        require_probability("augmentation.flip", self.flip)
        require_probability("augmentation.grayscale", self.grayscale)

    @property
    def is_identity(self) -> bool:
        """Whether every view is the image itself."""
        return not (self.shift or self.flip or self.affine or self.crop or self.cutout or self._recolours)

    @property
    def _recolours(self) -> bool:
        return bool(self.colour or self.grayscale or self.blur)

    @property
    def _mirroring(self) -> float:
        return 0.5 if self.flip is True else float(self.flip)

    def __call__(self, pixels: Tensor, rows: Tensor, generator: Generator) -> Tensor:
        """Random views of some rows: uint8 (N, H, W, 3) and rows (B,) on one device -> (B, H, W, 3), in 0..255.

        The parameters are drawn by the CPU's ``generator`` wherever the pixels are: views do not depend on the device.
        A row that is given twice gets two views.

        Returns:
            uint8 where pixels only moved, else float32, in memory channel by channel: a permuted (B, 3, H, W).
        """
        if self.is_identity:
            return pixels[rows]
        views = self._views(pixels, rows, generator)
        if self.cutout:
            cut_(views, self.cutout, generator)
        return views

    def _views(self, pixels: Tensor, rows: Tensor, generator: Generator) -> Tensor:
        if not (self.shift or self.flip or self.affine or self.crop or self._recolours):
            return pixels[rows]
        if not (self.affine or self.crop or self._recolours):
            return shifted(pixels, rows, *self._draw_shift(pixels, len(rows), generator), self.padding)
        return self._float_views(pixels, rows, generator).permute(0, 2, 3, 1)

    def _draw_shift(self, pixels: Tensor, size: int, generator: Generator) -> tuple[Tensor, Tensor | None]:
        height, width = pixels.shape[1:3]
        if self.shift >= min(height, width):
            raise InputError(
                f"augmentation.shift is {self.shift}", allowed=f"less than the image size, {height} x {width}"
            )
        offset = torch.randint(-self.shift, self.shift + 1, (2, size, 1), generator=generator)
        mirrored = torch.rand(size, 1, generator=generator) < self._mirroring if self.flip else None
        on = pixels.device
        return offset.to(on, non_blocking=True), None if mirrored is None else mirrored.to(on, non_blocking=True)

    def _float_views(self, pixels: Tensor, rows: Tensor, generator: Generator) -> Tensor:
        """Float views (B, 3, H, W), made in parts that fit in the cache, and images of equal work side by side."""
        size, (_, height, width, _), device = len(rows), pixels.shape, pixels.device
        maps = None
        if self.affine or self.crop:
            maps = draw_maps(size, (height, width), self.affine, self.crop, self._mirroring, generator)
        elif self.shift or self.flip:
            pixels = shifted(pixels, rows, *self._draw_shift(pixels, size, generator), self.padding)
            rows = torch.arange(size, device=device)
        group, numbers = self.colour.draw(size, generator) if self.colour else (None, None)
        gray = torch.rand(size, generator=generator) < self.grayscale if self.grayscale else None
        chosen, weights = self.blur.draw(size, generator) if self.blur else (None, None)

        key = sum(part.long() * unit for part, unit in ((group, 2), (chosen, 1)) if part is not None)
        order = key.argsort(stable=True) if isinstance(key, Tensor) else torch.arange(size)
        place = order.to(device, non_blocking=True)
        views = torch.empty(size, 3, height, width, device=device)
        for start, stop in self._parts(views):
            here = order[start:stop]
            part = pixels.index_select(0, rows.index_select(0, place[start:stop])).permute(0, 3, 1, 2)
            part = part.to(torch.float32, memory_format=torch.contiguous_format)
            if maps is not None:
                part = resampled(part, maps[here].to(device, non_blocking=True))
            flat = part.view(stop - start, 3, -1)
            if group is not None and numbers is not None:
                jitter_(flat, group[here], numbers[here])
            if gray is not None:
                grayscale_(flat, gray[here].nonzero().squeeze(1).to(device, non_blocking=True))
            if chosen is not None and weights is not None:
                blur_(part, chosen[here], weights[here])
            views[start:stop] = part
        return views.index_select(0, place.argsort()) if isinstance(key, Tensor) else views

    @staticmethod
    def _parts(views: Tensor) -> Iterator[tuple[int, int]]:
        size = len(views)
        step = size
        if views.device.type == "cpu":
            step = torch.get_num_threads() * WORKING_SET // (4 * views[:1].numel() or 1)
        step = max(step, 1)
        return ((start, min(start + step, size)) for start in range(0, size, step))

"""Posteriors from patches and a kernel: no network, and every sample is judged by a fit to all other labels."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch

from alc.arrays import FloatArray, IntArray
from alc.data.normalisation import Normalisation
from alc.errors import InputError
from alc.kernel_ridge import cosine_kernel, held_out_scores, scores_to_probs
from alc.models.patch_features import PatchDictionary
from alc.posteriors import Posteriors
from alc.protocols.finished import finished_training
from alc.protocols.fit import Fit, FitPredict
from alc.protocols.obtained import Obtained
from alc.protocols.passes import ONE_PASS, Passes
from alc.protocols.result import FitResult
from alc.seeding import derive_seed

__all__ = ["PatchKernel"]

MOST_SAMPLES = 20_000
AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class PatchKernel:
    """Kernel ridge regression on patch features, leave-one-out: K = N folds for the price of one matrix inverse.

    The features (:class:`~alc.models.patch_features.PatchDictionary`) are learned from images alone, those without
    labels among them, so the only thing that ever sees a label is a linear map that leaves the sample's own out
    exactly.  A classical method, and on a few thousand small images about as good as a small network trained for
    minutes; averaged with one (``posteriors=joined``) it is better than both.

    Attributes:
        atoms: K of the dictionary.
        patch: Side of a patch in pixels.
        threshold: Cosine above which an atom counts.
        regions: Features are averaged over a grid of so many regions each way.
        width: Of the kernel; larger means that fewer neighbours count.
        ridge: Of the regression; larger means smoother.
    """

    one_model: ClassVar[bool] = False

    atoms: int = 1024
    patch: int = 6
    threshold: float = 0.2
    regions: int = 4
    width: float = 2.0
    ridge: float = 0.1

    def __post_init__(self) -> None:
        for name in ("atoms", "patch", "regions"):
            value: object = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise InputError(f"posteriors.{name}={value!r}", allowed="a whole number of 1 or more")
        for name in ("threshold", "width", "ridge"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
                raise InputError(f"posteriors.{name}={value!r}", allowed="a number above 0")

    def obtain(
        self,
        fit: FitPredict,
        labels: IntArray,
        *,
        sample_id: IntArray,
        group: npt.NDArray[Any] | None,
        seed: int,
        directory: Path,
        source: str = "",
    ) -> Obtained:
        """Learn the dictionary, make the kernel, solve; see :class:`~alc.protocols.obtained.PosteriorSource`."""
        if len(labels) > MOST_SAMPLES:
            raise InputError(
                f"posteriors=patch_kernel inverts a matrix of {len(labels)} samples squared",
                allowed=f"{MOST_SAMPLES} samples or fewer",
                fix="Type posteriors=cross_fit",
            )
        assert isinstance(fit, Fit), "there are images to look at"
        rows = np.arange(len(labels))
        result = finished_training(
            _Solved(self, fit, group),
            labels,
            rows,
            rows,
            seed=derive_seed(seed, "patches"),
            directory=directory / "patch_kernel",
            name="Patches and a kernel",
        )
        details = {"kind": "patch_kernel", "num_folds": len(labels), "grouped": group is not None}
        return Obtained(Posteriors(result.probs, np.asarray(sample_id), "cross_fit", source, details), None, None)


@dataclass(frozen=True, slots=True, eq=False)
class _Solved:
    """The solution in the shape of a training, so that it is kept and found again like one."""

    settings: PatchKernel
    fit: Fit
    group: npt.NDArray[Any] | None

    def check(self, train_rows: IntArray) -> None:
        """Any number of rows will do."""

    def __call__(
        self,
        labels: IntArray,
        train_rows: IntArray,
        predict_rows: IntArray,
        *,
        seed: int,
        directory: Path,
        passes: Passes = ONE_PASS,
        targets: FloatArray | None = None,
    ) -> FitResult:
        with torch.random.fork_rng(devices=[]):
            num_classes = self.fit.build_module().num_classes
        kernel = cosine_kernel(self._features(seed), self.settings.width)
        scores = held_out_scores(kernel, labels, num_classes, self.settings.ridge, self.group)
        return FitResult(scores_to_probs(scores, labels)[None].astype(np.float32), None, None)

    def _features(self, seed: int) -> FloatArray:
        images = self.fit.images
        height, width = images.size
        if min(height, width) < self.settings.patch + 2 * self.settings.regions:
            raise InputError(
                f"images of {height} x {width} pixels are too small for posteriors.patch={self.settings.patch} and "
                f"posteriors.regions={self.settings.regions}",
                allowed="patch + 2 * regions pixels or more each way",
            )
        scaling = Normalisation.named("data", images)
        mean, std = (torch.tensor(each).view(1, 3, 1, 1) for each in (scaling.mean, scaling.std))
        pixels = torch.from_numpy(np.ascontiguousarray(images.as_array()))

        def ready(rows: torch.Tensor) -> torch.Tensor:
            return (rows.permute(0, 3, 1, 2).float() / 255 - mean) / std

        generator = torch.Generator().manual_seed(seed)
        spread = torch.linspace(0, len(pixels) - 1, min(len(pixels), 5000)).long()
        settings = self.settings
        with torch.no_grad():
            dictionary = PatchDictionary.learned(
                ready(pixels[spread]),
                atoms=settings.atoms,
                patch=settings.patch,
                threshold=settings.threshold,
                regions=settings.regions,
                generator=generator,
            )
            parts = [dictionary.features(ready(part)) for part in torch.split(pixels, AT_ONCE)]
        return np.asarray(torch.cat(parts).numpy())

"""Joined: several ways of obtaining posteriors side by side, each member weighted alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from alc.arrays import IntArray
from alc.errors import InputError
from alc.posteriors import Posteriors
from alc.protocols.fit import FitPredict
from alc.protocols.obtained import Obtained, PosteriorSource
from alc.seeding import derive_seed

__all__ = ["Joined"]


@dataclass(frozen=True, slots=True, eq=False)
class Joined:
    """The members of several protocols, one after the other; all must be of the same kind, e.g. all cross-fitted.

    Posteriors are averaged over members.  Models that err differently are worth more together than the best of them.
    Dynamics, features and test probabilities are those of the first part that has them.

    Attributes:
        parts: Name -> protocol.
    """

    one_model: ClassVar[bool] = False

    parts: Mapping[str, PosteriorSource]

    def __post_init__(self) -> None:
        if len(self.parts) < 2:
            raise InputError("posteriors=joined with fewer than two parts", allowed="two protocols or more")

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
        """Obtain each part in a folder of its own; see :class:`~alc.protocols.obtained.PosteriorSource`."""
        obtained = [
            part.obtain(
                fit,
                labels,
                sample_id=sample_id,
                group=group,
                seed=derive_seed(seed, "part", name),
                directory=directory / name,
                source=source,
            )
            for name, part in self.parts.items()
        ]
        protocols = {each.posteriors.protocol for each in obtained}
        if len(protocols) > 1:
            raise InputError(
                f"posteriors=joined joins {' and '.join(sorted(protocols))} posteriors",
                allowed="parts of one protocol, e.g. all cross-fitted",
            )
        probs = np.concatenate([each.posteriors.probs for each in obtained])
        details = {name: each.posteriors.details for name, each in zip(self.parts, obtained, strict=True)}
        posteriors = Posteriors(probs, np.asarray(sample_id), protocols.pop(), source, {"joined": details})
        return Obtained(
            posteriors,
            next((each.test_probs for each in obtained if each.test_probs is not None), None),
            next((each.dynamics for each in obtained if each.dynamics is not None), None),
            next((each.features for each in obtained if each.features is not None), None),
        )

"""Sample table: who is who in a data set."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt

from alc.arrays import IntArray
from alc.atomic import atomic_path
from alc.errors import InputError
from alc.labels import check_labels
from alc.posteriors import BROKEN_FILE, check_sample_ids

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SampleTable"]


@dataclass(frozen=True, slots=True, eq=False)
class SampleTable:
    """The N samples whose labels are doubted, one row each, in data-set order.

    Attributes:
        sample_id: (N,) unique whole numbers; every array of the project is joined by them.
        class_names: C names; their order is the order of the class indices.
        given: (N,) the label each sample came with, as class indices.
        path: (N,) file of each image relative to ``data.root``, or empty where images are held in memory.
        reference: (N,) the label taken as true, or None.  It draws curves; no training or ranking ever sees it.
        group: (N,) e.g. the patient; cross-fitting keeps a group in one fold.  None where there is none.
    """

    sample_id: IntArray
    class_names: tuple[str, ...]
    given: IntArray
    path: npt.NDArray[np.str_] = field(default_factory=lambda: np.empty(0, dtype=np.str_))
    reference: IntArray | None = None
    group: IntArray | None = None

    def __post_init__(self) -> None:
        num_samples, num_classes = len(self.given), len(self.class_names)
        if num_classes < 2 or len(set(self.class_names)) != num_classes:
            raise InputError(f"class names are {list(self.class_names)}", allowed="two different names or more")
        object.__setattr__(self, "given", check_labels(self.given, num_classes, "given labels"))
        object.__setattr__(self, "sample_id", check_sample_ids(self.sample_id, num_samples))
        if self.reference is not None:
            object.__setattr__(self, "reference", check_labels(self.reference, num_classes, "reference labels"))
        for name in ("path", "reference", "group"):
            column = getattr(self, name)
            if column is not None and len(column) not in {num_samples, 0 if name == "path" else num_samples}:
                raise InputError(
                    f"sample table: {name} has {len(column)} rows", allowed=f"{num_samples}, one per sample"
                )

    def __len__(self) -> int:
        return len(self.given)

    @property
    def num_classes(self) -> int:
        """C."""
        return len(self.class_names)

    def rows(self, rows: IntArray) -> Self:
        """The samples of some rows, in that order."""
        part = {name: getattr(self, name) for name in ("path", "reference", "group")}
        return type(self)(
            self.sample_id[rows],
            self.class_names,
            self.given[rows],
            **{name: column[rows] if column is not None and len(column) else column for name, column in part.items()},
        )

    def to_frame(self) -> "pd.DataFrame":
        """One row per sample: sample_id, path, given, given_name, and reference, reference_name, group where known."""
        import pandas as pd

        names = np.asarray(self.class_names, dtype=object)
        columns: dict[str, object] = {"sample_id": self.sample_id}
        if len(self.path):
            columns["path"] = self.path.astype(object)
        columns |= {"given": self.given, "given_name": names[self.given]}
        if self.reference is not None:
            columns |= {"reference": self.reference, "reference_name": names[self.reference]}
        if self.group is not None:
            columns["group"] = self.group
        return pd.DataFrame(columns)

    def save(self, path: Path) -> None:
        """Write parquet; the class names travel in the frame's attributes."""
        frame = self.to_frame()
        frame.attrs["class_names"] = list(self.class_names)
        with atomic_path(Path(path)) as temporary:
            frame.to_parquet(temporary, index=False)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what :meth:`save` wrote."""
        import pandas as pd

        try:
            frame = pd.read_parquet(path)
            return cls(
                frame["sample_id"].to_numpy(),
                tuple(frame.attrs["class_names"]),
                frame["given"].to_numpy(),
                frame["path"].to_numpy().astype(np.str_) if "path" in frame else np.empty(0, dtype=np.str_),
                frame["reference"].to_numpy() if "reference" in frame else None,
                frame["group"].to_numpy() if "group" in frame else None,
            )
        except BROKEN_FILE as error:
            raise InputError(
                f"{path} is not a sample table ({error})", fix="Give a samples.parquet written by alc-train"
            ) from error

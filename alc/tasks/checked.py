"""The list of samples that somebody has looked at: who is on it, and which rows of the data they are."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np

from alc.arrays import BoolArray
from alc.errors import InputError
from alc.samples import SampleTable
from alc.sources.csv_table import CsvTable, read_csv_table

__all__ = ["Checked", "read_checked"]

PATH, ID = "path", "sample_id"
ALLOWED = f"a CSV file with a column {PATH} or {ID}, e.g. some lines of a ranking.csv"


@dataclass(frozen=True)
class Checked:
    """Samples named in a file.

    Attributes:
        table: The file.
        digest: SHA-256 of its content.
    """

    table: CsvTable
    digest: str

    def rows(self, samples: SampleTable) -> BoolArray:
        """Which samples (N,) are named: by path where images are files and the file has paths, else by id.

        Names that are not in the data are passed over, since files are moved and removed when labels are corrected.

        Raises:
            InputError: Not one of them is in the data, or all data are named.
        """
        by_path = PATH in self.table.columns and len(samples.path) > 0
        column = PATH if by_path else ID
        if column not in self.table.columns:
            raise InputError(
                f"checked={self.table.file} names images by path, and these data are no files",
                allowed=f"a column {ID}",
            )
        named = self.table.require_values(column)
        known = samples.path if by_path else samples.sample_id.astype(np.str_)
        found = np.isin(known, np.asarray(named, dtype=np.str_))
        if named and not found.any():
            raise InputError(
                f"checked={self.table.file}: none of its {len(named)} entries of column {column} is in the data, "
                f"{self.table.at(0, column)} is {named[0]!r}",
                allowed=f"as in ranking.csv, e.g. {known[0]}",
            )
        if found.all():
            raise InputError(f"checked={self.table.file} names all {len(samples)} samples; none is left to rank")
        return np.asarray(found)


def read_checked(file: object) -> Checked | None:
    """What ``checked`` names; None for null."""
    if file is None:
        return None
    path = Path(str(file)).expanduser()
    if not path.is_file():
        raise InputError(f"checked={file}: there is no file {path.absolute()}", allowed=f"null, or {ALLOWED}")
    table = read_csv_table(path, [], [PATH, ID])
    if not {PATH, ID} & set(table.columns):
        raise InputError(f"checked={file} has neither a column {PATH} nor a column {ID}", allowed=ALLOWED)
    return Checked(table, sha256(path.read_bytes()).hexdigest())

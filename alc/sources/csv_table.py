"""A CSV file of labels as columns of text with their line numbers, and clear errors where it is not one."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from alc.errors import InputError, did_you_mean

__all__ = ["CsvTable", "read_csv_table"]

SEPARATORS = {";": "semicolon", "\t": "tab", "|": "bar", ",": "comma"}


@dataclass(frozen=True)
class CsvTable:
    """Columns by name, as stripped text, and the line of the file each row starts on (the header is line 1)."""

    file: Path
    line: list[int]
    columns: dict[str, list[str]]

    def at(self, row: int, column: str) -> str:
        """Where a value stands, for errors: file, line, column."""
        return f"{self.file}, line {self.line[row]}, column {column}"

    def require_values(self, column: str) -> list[str]:
        """A column none of whose values is empty."""
        for row, value in enumerate(self.columns[column]):
            if not value:
                raise InputError(
                    f"{self.at(row, column)}: the value is empty", allowed="a value in every row", fix="Fill or drop it"
                )
        return self.columns[column]


def read_csv_table(file: Path, required: Sequence[str], optional: Sequence[str], separator: str = ",") -> CsvTable:
    """The required columns, and those of the optional ones that are there; other columns are ignored.

    An optional column that is missing while another has nearly its name is an error, so that a typo in a header does
    not silently lose the column.

    Args:
        file: UTF-8 text with a header line; a byte-order mark is allowed.
        required: Columns that must be there.
        optional: Columns that may be there.
        separator: One character, or ``tab``.
    """
    separator = "\t" if separator == "tab" else separator
    if len(separator) != 1:
        raise InputError(f"data.separator is {separator!r}", allowed="one character, or tab")
    text = _read_text(file)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[tuple[int, list[str]]] = []
    start = 1
    try:
        for fields in reader:
            if fields:
                rows.append((start, [field.strip() for field in fields]))
            start = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"{file}, line {start}: {error}", allowed="CSV with double quotes in pairs") from error
    if not rows:
        raise InputError(f"{file} is empty", allowed=f"a header line with {', '.join(required)}")
    header = rows.pop(0)[1]
    chosen = _choose(file, header, required, optional, separator)
    if not rows:
        raise InputError(f"{file} has a header but no rows", allowed="at least one row")
    for line, fields in rows:
        if len(fields) != len(header):
            raise InputError(
                f"{file}, line {line}: {len(fields)} values, {fields[:6]}",
                allowed=f"{len(header)}, as in the header {header}",
                fix='Put values that hold the separator in double quotes: "a,b.png"',
            )
    columns = {name: [fields[position] for _, fields in rows] for name, position in chosen.items()}
    return CsvTable(file, [line for line, _ in rows], columns)


def _read_text(file: Path) -> str:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InputError(
            f"CSV file {str(file)!r} cannot be read ({error.strerror or error}; looked at {file.absolute()})",
            fix="Type data.file=<path of the CSV file>",
        ) from error
    fix = "Save it as CSV with UTF-8 encoding"
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(f"{file} is UTF-16 text", allowed="UTF-8", fix=fix)
    if b"\0" in content:
        raise InputError(f"{file} is not text: it holds zero bytes, first {content[:8]!r}", allowed="CSV", fix=fix)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{file}, line {line}: byte {content[error.start : error.start + 1]!r} is not UTF-8",
            allowed="UTF-8",
            fix=fix,
        ) from error


def _choose(
    file: Path, header: list[str], required: Sequence[str], optional: Sequence[str], separator: str
) -> dict[str, int]:
    twice = next((name for name in (*required, *optional) if header.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"{file}, line 1: column {twice} occurs {header.count(twice)} times", allowed="once")
    chosen = {name: header.index(name) for name in (*required, *optional) if name in header}
    spare = [name for name in header if name not in chosen]
    for name in required:
        if name not in chosen:
            other = next((mark for mark in SEPARATORS if mark != separator and mark in header[0]), None)
            if len(header) == 1 and other is not None:
                raise InputError(
                    f"{file}, line 1: the header {header[0]!r} looks separated by {SEPARATORS[other]}s",
                    allowed=f"{SEPARATORS.get(separator, separator)}s, as data.separator says",
                    fix=f"Type data.separator={'tab' if other == chr(9) else repr(other)}",
                )
            raise InputError(
                f"{file}, line 1: no column {name}; the header is {header}",
                allowed=f"the columns {', '.join(required)}, and any of {', '.join(optional)}",
                fix=did_you_mean(name, spare) or "Name the columns in the config, e.g. data.label_column=<name>",
            )
    for name in optional:
        near = did_you_mean(name, spare)
        if name not in chosen and near is not None:
            raise InputError(
                f"{file}, line 1: column {near.split(chr(39))[1]!r} is nearly {name!r}, which is missing",
                fix=f"Rename it, name it in the config, or switch the column off with null if {name} is not meant",
            )
    return chosen

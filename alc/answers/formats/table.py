"""Answers in a CSV file: sample_id, annotator_id, label and, where known, time, shown, project and key."""

from hashlib import sha256
from pathlib import Path

from alc.answers.answer import Answer
from alc.answers.formats.campaign import Campaign
from alc.errors import InputError
from alc.sources.csv_table import CsvTable, read_csv_table

__all__ = ["table_answers"]

NEEDED, KNOWN = ["sample_id", "annotator_id", "label"], ["time", "shown", "project", "key"]


def table_answers(file: Path, campaign: Campaign, *, time: str) -> list[Answer]:
    """The answers of a CSV file; rows without a label have not been answered and are passed over.

    The key of a row is the one in its column ``key``, else the digest of the file and the number of the row.

    Args:
        file: UTF-8, separated by commas, with a header.
        campaign: What the answers may be about.
        time: When they were given, for rows that do not say.

    Raises:
        InputError: The file is no such table, or a row does not fit the project; the line is named.
    """
    table = _table(file)
    digest = sha256(file.read_bytes()).hexdigest()
    answers = []
    for row in range(len(table.line)):
        label = table.columns["label"][row]
        if not label:
            continue
        where = f"{file}, line {table.line[row]}"
        more = {name: table.columns[name][row] for name in KNOWN if name in table.columns}
        campaign.require_id(more.get("project"), where)
        who = table.columns["annotator_id"][row]
        if not who:
            raise InputError(
                f"{where}, column annotator_id: the value is empty",
                allowed="who gave the answer; votes are counted by annotator",
            )
        answers.append(
            campaign.answer(
                where,
                key=more.get("key") or f"{digest}:{row}",
                sample=campaign.sample(table.columns["sample_id"][row], f"{where}, column sample_id"),
                annotator=who,
                label=campaign.label(label, f"{where}, column label"),
                time=more.get("time") or time,
                shown=more.get("shown"),
            )
        )
    return answers


def _table(file: Path) -> CsvTable:
    try:
        return read_csv_table(file, NEEDED, KNOWN)
    except InputError as error:
        fix = error.fix
        if fix and "data." in fix:  # the reader's advice is for the labels of a data set
            fix = (
                "Save it with commas between the columns"
                if "separator" in fix or "separated" in error.problem
                else "Rename the column"
            )
            fix = "Type answers=FILE" if "cannot be read" in error.problem else fix
        raise InputError(error.problem, allowed=(error.allowed or "").partition(", as data.")[0], fix=fix) from error

"""Which format a file of answers has, and what it says."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from alc.answers.answer import Answer
from alc.answers.formats.campaign import Campaign
from alc.answers.formats.datumaro import datumaro_answers
from alc.answers.formats.label_studio import label_studio_answers
from alc.answers.formats.table import table_answers
from alc.errors import InputError

__all__ = ["read_answers"]

FORMATS = "Label Studio JSON, CVAT's Datumaro JSON, or CSV with sample_id, annotator_id, label and time"


def read_answers(file: Path, campaign: Campaign, *, annotator: str | None = None) -> list[Answer]:
    """The answers of a file, whatever tool wrote it; it is not changed and nothing is written.

    Args:
        file: JSON, or CSV.
        campaign: What the answers may be about.
        annotator: Whose answers they are, for formats that do not say; such files are refused without.

    Raises:
        InputError: The file can not be read, is of no known format, or an answer does not fit the project.
    """
    try:
        content = file.read_bytes()
        time = datetime.fromtimestamp(file.stat().st_mtime, UTC).isoformat()
    except OSError as error:
        raise InputError(
            f"answers={file} can not be read ({error.strerror or error}; looked at {file.absolute()})", allowed=FORMATS
        ) from error
    if content.startswith(b"PK"):
        raise InputError(f"{file} is a zip archive", allowed=FORMATS, fix="Unpack it and name the file inside")
    if not content.strip():
        raise InputError(f"{file} is empty", allowed=FORMATS)
    if not content.removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"[", b"{")):
        return table_answers(file, campaign, time=time)
    try:
        parsed = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(f"{file}, line {line}: the text is not UTF-8", allowed=FORMATS) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file} is broken JSON ({error})", allowed=FORMATS, fix="Export it again") from error
    if isinstance(parsed, list):
        return label_studio_answers(parsed, campaign, name=str(file), time=time)
    if annotator is None:
        raise InputError(
            f"{file} does not say who annotated, and votes are counted by annotator",
            fix="Type answered_by=NAME, and give the files of several people one by one",
        )
    digest = sha256(content).hexdigest()
    return datumaro_answers(parsed, campaign, name=str(file), digest=digest, annotator=annotator, time=time)

"""One answer of one person about one sample."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Literal, Self, get_args

from alc.errors import InputError

__all__ = ["Answer", "Shown", "check_shown", "utc"]

Shown = Literal["none", "given", "suggested"]
"""What the annotator saw of labels before answering; ``suggested`` also where both were shown."""

FIELDS = ("key", "sample_id", "annotator", "label", "time", "shown")


def utc(time: str) -> str:
    """An ISO 8601 time in UTC, to the microsecond; a time without a zone is taken as UTC.

    >>> utc("2026-03-01T10:00:00+02:00")
    '2026-03-01T08:00:00.000000Z'
    """
    parsed = datetime.fromisoformat(time)
    parsed = parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    return parsed.isoformat(timespec="microseconds").replace("+00:00", "Z")


def check_shown(value: object) -> Shown:
    """One of the words of :data:`Shown`, or a refusal."""
    words: tuple[Shown, ...] = get_args(Shown)
    for word in words:
        if value == word:
            return word
    raise InputError(f"answer: shown is {value!r}", allowed=", ".join(words))


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, in words: class indices come later, from the class names of the project.

    Attributes:
        key: Tells the answer from every other: the annotation id of the tool it was given in (``review:<uuid4>``,
            ``label_studio:<id>@<time>``), else digest and row of the file it stood in.  What has been read once is
            known by it.
        sample_id: Whole number of 0 or more.
        annotator: Who answered.
        label: Name of a class; None: cannot tell.
        time: ISO 8601; held in UTC, so that times compare as text.
        shown: What of labels was seen before.
    """

    key: str
    sample_id: int
    annotator: str
    label: str | None
    time: str
    shown: Shown = "none"

    def __post_init__(self) -> None:
        for name in ("key", "annotator"):
            if not isinstance(getattr(self, name), str) or not getattr(self, name):
                raise InputError(f"answer: {name} is {getattr(self, name)!r}", allowed="some text")
        if isinstance(self.sample_id, bool) or not isinstance(self.sample_id, int) or self.sample_id < 0:
            raise InputError(f"answer: sample_id is {self.sample_id!r}", allowed="a whole number of 0 or more")
        if self.label is not None and (not isinstance(self.label, str) or not self.label):
            raise InputError(f"answer: label is {self.label!r}", allowed="the name of a class, or null for cannot tell")
        check_shown(self.shown)
        try:
            object.__setattr__(self, "time", utc(self.time))
        except (TypeError, ValueError, OverflowError) as error:
            raise InputError(f"answer: time is {self.time!r}", allowed="ISO 8601, e.g. 2026-03-01T10:00:00Z") from error

    def to_json(self) -> str:
        """One line without its end: JSON escapes whatever would break a line."""
        return json.dumps(asdict(self), ensure_ascii=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, line: str | bytes) -> Self:
        """Read what :meth:`to_json` wrote.

        Raises:
            InputError: It is something else.
        """
        try:
            fields = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(f"answer: no JSON ({error})") from error
        if not isinstance(fields, Mapping) or set(fields) != set(FIELDS):
            raise InputError("answer: other fields than those of an answer", allowed=", ".join(FIELDS))
        return cls(**fields)

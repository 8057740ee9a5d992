"""What a file of answers is held against: the samples, classes and id of a project."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Self

from alc.answers.answer import Answer, Shown, check_shown
from alc.answers.project import Project, inside
from alc.errors import InputError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ABSTAIN", "Campaign"]

ABSTAIN = "cannot tell"
"""What annotators choose who can not tell, in tools that know classes only."""


@dataclass(frozen=True)
class Campaign:
    """The samples and classes that answers may be about.

    Attributes:
        id: Of the project.
        class_names: C names.
        paths: Sample id -> path, empty text where it has none.
        shown: What annotators were shown, where a file does not say.
    """

    id: str
    class_names: tuple[str, ...]
    paths: Mapping[int, str]
    shown: Shown = "none"
    _by_path: dict[str, int] = field(init=False, default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        stems: dict[str, int] = {}
        for sample, path in self.paths.items():
            if path:
                self._by_path[path] = sample
                stem = str(PurePosixPath(path).with_suffix(""))
                stems[stem] = -1 if stem in stems else sample  # two files of that name: neither is meant
        for stem, sample in stems.items():
            if sample >= 0:
                self._by_path.setdefault(stem, sample)

    @classmethod
    def of(cls, project: Project, queue: "pd.DataFrame", shown: Shown = "none") -> Self:
        """The campaign of a project."""
        ids = queue["sample_id"].tolist()
        paths = queue["path"].tolist() if "path" in queue else [""] * len(ids)
        return cls(project.id, project.class_names, dict(zip(ids, paths, strict=True)), shown)

    def require_id(self, project: object, where: str) -> None:
        """Refuse answers that say they belong to another project."""
        if project not in (None, "", self.id):
            raise InputError(
                f"{where}: the answers are of project {str(project)[:40]!r}",
                allowed=f"answers of this project, {self.id}",
                fix="Name the folder they were exported from: project=FOLDER",
            )

    def sample(self, value: object, where: str) -> int:
        """The sample of an id, as a number or as text."""
        text = str(value).strip()
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
        if isinstance(value, bool) or number is None or number not in self.paths:
            raise InputError(
                f"{where}: there is no sample {text[:60]!r} in this project",
                allowed="a sample_id of its queue.csv",
                fix="Are these answers of another project?",
            )
        return number

    def sample_of_path(self, path: object, where: str) -> int:
        """The sample of an image, by its path with or without the ending."""
        text = str(path).replace("\\", "/")
        if not inside(text):
            raise InputError(f"{where}: path {str(path)[:200]!r} leads outside of the images",
                             allowed="paths as in queue.csv")  # fmt: skip
        if text not in self._by_path:
            raise InputError(
                f"{where}: there is no image {str(path)[:200]!r} in this project",
                allowed="paths as in queue.csv, the file's ending may be missing",
                fix=did_you_mean(text, self._by_path) if len(self._by_path) < 5000 else None,
            )
        return self._by_path[text]

    def label(self, value: object, where: str) -> str | None:
        """A class name as it stands in the project; None for :data:`ABSTAIN`."""
        if isinstance(value, str):
            text = value.strip()
            if text in self.class_names:
                return text
            if text == ABSTAIN:
                return None
        raise InputError(
            f"{where}: label {str(value)[:60]!r} is unknown",
            allowed=f"{', '.join(self.class_names)}, or {ABSTAIN!r}",
            fix=did_you_mean(str(value), self.class_names),
        )

    def answer(self, where: str, *, key: str, sample: int, annotator: str, label: str | None, time: str,
               shown: object = None) -> Answer:  # fmt: skip
        """An answer, or a refusal that says where in the file it stands."""
        seen = self.shown if shown in (None, "") else shown
        try:
            return Answer(key, sample, annotator, label, time, check_shown(seen))
        except InputError as error:
            problem = error.problem.removeprefix("answer: ")
            raise InputError(f"{where}: {problem}", allowed=error.allowed, fix=error.fix) from error

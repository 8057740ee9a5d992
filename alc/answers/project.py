"""The folder of a campaign: which samples are asked about in which order, and what was answered."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

from alc.answers.log import AnswerLog
from alc.atomic import atomic_path
from alc.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Project", "inside"]

FILE, QUEUE, ANSWERS = "project.json", "queue.csv", "answers.jsonl"
FILE_FORMAT = "alc-project-1"
TEXT = {"path": str, "given": str, "suggested": str}
DOUBTFUL = r"^$|^/|\.\.|:|\\|\x00"
NUMBERS = ("p_given", "p_suggested", "score", "expected_cost")


def inside(path: str) -> bool:
    r"""Whether a path is one inside a folder, whatever the system: not absolute, no drive, never upwards.

    >>> inside("a/b.png"), inside("../b.png"), inside("/etc/passwd"), inside(r"C:\b.png"), inside("")
    (True, False, False, False, False)
    """
    posix, windows = PurePosixPath(path), PureWindowsPath(path)
    absolute = posix.is_absolute() or bool(windows.drive or windows.root)
    return bool(path) and "\0" not in path and not absolute and ".." not in posix.parts and ".." not in windows.parts


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with ``project.json``, ``queue.csv`` and ``answers.jsonl``.

    Attributes:
        folder: Where it is.
        id: Thirty-two hexadecimal digits; answers from elsewhere name it.
        class_names: C names; their order is the order of the class indices.
        root: Folder of the images, or None where there are none; paths in the queue are relative to it.
        settings: What it was made from and with: ranking, selector, audit, budget.
    """

    folder: Path
    id: str
    class_names: tuple[str, ...]
    root: Path | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    log: AnswerLog = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "log", AnswerLog(self.folder / ANSWERS))

    @classmethod
    def create(
        cls,
        folder: Path,
        *,
        class_names: Sequence[str],
        queue: "pd.DataFrame",
        root: Path | None,
        settings: Mapping[str, Any] | None = None,
    ) -> Self:
        """Make a new one.

        Args:
            folder: Made if need be; it must not hold a project.
            class_names: C names.
            queue: One row per sample in the order to ask, see :meth:`queue`; the columns of a ``ranking.csv``.
            root: Folder of the images.
            settings: Kept as they are, plain JSON.

        Raises:
            InputError: There is a project in the folder, or the queue does not fit.
        """
        folder = Path(folder)
        if (folder / FILE).exists() or (folder / ANSWERS).exists():
            raise InputError(
                f"{folder} holds another project", allowed="a new folder", fix="Name another one: project=FOLDER"
            )
        names = tuple(map(str, class_names))
        if len(names) < 2 or len(set(names)) != len(names) or not all(names):
            raise InputError(f"class names are {list(names)}", allowed="two different names or more")
        made = cls(folder, uuid4().hex, names, None if root is None else Path(root).absolute(), dict(settings or {}))
        made.write_queue(queue)
        made._save()
        return made

    @classmethod
    def open(cls, folder: Path) -> Self:
        """The project of a folder.

        Raises:
            InputError: There is none, or its file is broken.
        """
        folder = Path(folder)
        file = folder / FILE
        try:
            fields = json.loads(file.read_text(encoding="utf-8"))
            names, root = tuple(map(str, fields["class_names"])), fields["root"]
            found = cls(
                folder, str(fields["id"]), names, None if root is None else Path(root), dict(fields["settings"])
            )
            file_format = fields["format"]
        except FileNotFoundError as error:
            raise InputError(
                f"{folder} is no project: it has no {FILE}",
                allowed="a folder that alc-export made",
                fix="Type alc-export ranking=RUN_OR_FILE project=FOLDER to make one",
            ) from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(f"{file} is no project file ({error})", fix="Restore it from a copy") from error
        if file_format != FILE_FORMAT:
            raise InputError(f"{file} has format {file_format!r}", allowed=FILE_FORMAT)
        return found

    def queue(self) -> "pd.DataFrame":
        """One row per sample, the first to be asked about first.

        Columns: those of the ranking (``sample_id``, and where known ``path``, ``given``, ``suggested``, ``p_given``,
        ``p_suggested``, ``score``, ``rank``, ``expected_cost``); ``round``, the round in which the sample was first
        given out, 0 where it was not; ``audit``, whether it is one of the random samples that measure the labels; and
        ``reached``, the round in which the ranking came to it, 0 where it did not.  An annotator should see neither of
        the last two.
        """
        import pandas as pd

        file = self.folder / QUEUE
        try:
            missing = {name: ["", "nan"] for name in NUMBERS}
            frame = pd.read_csv(file, dtype=TEXT, keep_default_na=False, na_values=missing)
        except (OSError, ValueError) as error:
            raise InputError(f"{file} is no queue ({error})", fix="Restore it from a copy") from error
        return self._checked(frame, str(file))

    def write_queue(self, queue: "pd.DataFrame") -> None:
        """Put another queue in the place of this one, e.g. when a round is given out."""
        from alc.ranking import write_ranking

        queue = self._checked(queue, "queue")
        write_ranking(queue, self.folder / QUEUE)

    def with_settings(self, **changes: Any) -> Self:
        """The project with some settings changed, written to its file."""
        made = type(self)(self.folder, self.id, self.class_names, self.root, {**self.settings, **changes})
        made._save()
        return made

    def image(self, path: str) -> Path | None:
        """The file of an image, None where there is none; never one outside of ``root``, also not through a link."""
        if self.root is None or not inside(path):
            return None
        root, file = self.root.resolve(), (self.root / path).resolve()
        return file if file.is_relative_to(root) and file.is_file() else None

    def _save(self) -> None:
        fields = {
            "format": FILE_FORMAT,
            "id": self.id,
            "class_names": list(self.class_names),
            "root": None if self.root is None else str(self.root),
            "settings": dict(self.settings),
        }
        with atomic_path(self.folder / FILE) as temporary:
            temporary.write_text(json.dumps(fields, indent=2, allow_nan=False) + "\n", encoding="utf-8")

    def _checked(self, frame: "pd.DataFrame", name: str) -> "pd.DataFrame":
        """With the columns of a campaign, or a refusal that says which row is wrong."""
        from alc.posteriors import check_sample_ids

        if "sample_id" not in frame or "given" not in frame or not len(frame):
            raise InputError(f"{name} has columns {', '.join(map(str, frame))} and {len(frame)} rows",
                             allowed="sample_id, given and more, one row per sample")  # fmt: skip
        check_sample_ids(frame["sample_id"].to_numpy(), len(frame), f"{name}: sample ids")
        unknown = frame.loc[~frame["given"].astype(str).isin(self.class_names), "given"]
        if len(unknown):
            raise InputError(
                f"{name}: sample {frame.loc[unknown.index[0], 'sample_id']} is given as {unknown.iloc[0]!r}",
                allowed=", ".join(self.class_names),
            )
        if "path" in frame:
            doubtful = frame.loc[frame["path"].astype(str).str.contains(DOUBTFUL)]  # few: the full test takes a while
            outside = doubtful.loc[[not inside(str(path)) for path in doubtful["path"]]]
            if len(outside):
                raise InputError(
                    f"{name}: sample {outside['sample_id'].iloc[0]} has the path {outside['path'].iloc[0]!r}",
                    allowed="paths inside the folder of the images",
                )
        added = {column: 0 for column in ("round", "reached") if column not in frame}
        if "audit" not in frame:
            return frame.assign(**added, audit=False)
        return frame.assign(**added, audit=frame["audit"].astype(str).str.lower().isin(["true", "1"]))

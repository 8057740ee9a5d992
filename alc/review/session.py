"""What the page may ask and tell: the queue, the pictures, the answers of one annotator and a further one."""

import re
import threading
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from alc.answers.answer import Answer, Shown
from alc.answers.rounds import given_out
from alc.errors import InputError
from alc.review.keys import class_keys
from alc.review.picture import WebPicture, web_picture

if TYPE_CHECKING:
    from alc.answers.project import Project

__all__ = ["RequestError", "ReviewSession", "annotator_name"]

UUID4 = re.compile(r"review:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
FIELDS = frozenset({"key", "sample", "annotator", "label"})
LONGEST_NAME = 100


class RequestError(Exception):
    """A request that is answered with an error.

    Args:
        status: Of HTTP.
        message: For the person at the page.
    """

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


@dataclass(frozen=True, slots=True)
class Item:
    """One sample of the queue."""

    path: str
    given: str
    suggested: str


class ReviewSession:
    """A project as the page sees it; all methods may be called by several threads at once.

    Blind (``shown="none"``), nothing that leaves here tells the given or the suggested label: neither their names, nor
    the path of an image, whose folder often is the label.

    Args:
        project: Its queue is read once; its log is read at every start of the page.
        shown: What of labels the page shows before an answer; ``suggested`` shows the given one too, as an export does.
        annotator: Who answers; None asks at the page.
        budget: The most samples to ask about, the first of the queue; None for all of the last round.

    Raises:
        InputError: There are no images, or the queue has none.
    """

    def __init__(
        self, project: "Project", *, shown: Shown = "none", annotator: str | None = None, budget: int | None = None
    ) -> None:
        self.project, self.shown = project, shown
        self.annotator = None if annotator is None else _checked_name(annotator)
        self._items = _items(project, shown, budget)
        self._keys = class_keys(project.class_names)
        self._writing = threading.Lock()
        self._is_closed = False

    def __len__(self) -> int:
        return len(self._items)

    def state(self, annotator: str | None) -> dict[str, Any]:
        """Everything the page needs to begin; with ``answers``, class index or None by place, if someone is named."""
        classes = self.project.class_names
        answers = self.project.log.read()
        state: dict[str, Any] = {
            "project": self.project.id,
            "name": self.project.folder.absolute().name,
            "classes": list(classes),
            "keys": list(self._keys),
            "shown": self.shown,
            "samples": list(self._items),
            "fixed": self.annotator,
            "annotators": list(dict.fromkeys(each.annotator for each in answers if _is_ours(each))),
        }
        if self.shown != "none":
            state["given"] = [item.given for item in self._items.values()]
            state["paths"] = [item.path for item in self._items.values()]
        if self.shown == "suggested":
            state["suggested"] = [item.suggested for item in self._items.values()]
        name = self.annotator if annotator is None else self._named(annotator)
        if name is not None:
            index = {label: number for number, label in enumerate(classes)}
            latest = {each.sample_id: each.label for each in answers if _is_ours(each) and each.annotator == name}
            places = {sample: place for place, sample in enumerate(self._items)}
            state["annotator"] = name
            state["answers"] = {
                places[sample]: None if label is None else index.get(label)
                for sample, label in latest.items()
                if sample in places and (label is None or label in index)
            }
        return state

    def picture(self, sample: int) -> WebPicture:
        """The image of a sample of the queue.

        Raises:
            RequestError: There is no such sample, or its image can not be shown.
        """
        item = self._items.get(sample)
        if item is None:
            raise RequestError(HTTPStatus.NOT_FOUND, "no such image")
        file = self.project.image(item.path)
        if file is None:
            raise RequestError(HTTPStatus.UNPROCESSABLE_ENTITY, "is not there")
        try:
            return web_picture(file)
        except InputError as error:
            raise RequestError(HTTPStatus.UNPROCESSABLE_ENTITY, error.problem) from error

    def record(self, told: Mapping[str, Any]) -> bool:
        """Write an answer; when this returns it is on the disk.

        Args:
            told: ``key`` (``review:`` and a random UUID), ``sample``, ``annotator`` and ``label``, the name of a class
                or None.

        Returns:
            Whether it was new; a request that is sent again changes nothing.

        Raises:
            RequestError: It does not fit the project, or could not be written.
        """
        answer = self._answer(told)
        try:
            with self._writing:
                if self._is_closed:
                    raise RequestError(HTTPStatus.SERVICE_UNAVAILABLE, "the server is ending")
                if self.project.log.append([answer]):
                    return True
                before = next(each for each in self.project.log.read() if each.key == answer.key)
        except OSError as error:
            reason = error.strerror or str(error)
            raise RequestError(HTTPStatus.INSUFFICIENT_STORAGE, f"the answer could not be written: {reason}") from error
        except InputError as error:
            raise RequestError(HTTPStatus.INTERNAL_SERVER_ERROR, str(error)) from error
        same = ("sample_id", "annotator", "label")
        if any(getattr(before, name) != getattr(answer, name) for name in same):
            raise RequestError(HTTPStatus.CONFLICT, "another answer was saved under this key")
        return False

    def close(self) -> None:
        """Wait for the answer that is being written, and take no more."""
        with self._writing:
            self._is_closed = True

    def _answer(self, told: Mapping[str, Any]) -> Answer:
        if set(told) != FIELDS:
            raise RequestError(HTTPStatus.BAD_REQUEST, f"an answer has the fields {', '.join(sorted(FIELDS))}")
        key, sample, label = told["key"], told["sample"], told["label"]
        if not isinstance(key, str) or not UUID4.fullmatch(key):
            raise RequestError(HTTPStatus.BAD_REQUEST, "the key of an answer is review: and a random UUID")
        if isinstance(sample, bool) or not isinstance(sample, int) or sample not in self._items:
            raise RequestError(HTTPStatus.BAD_REQUEST, "the queue has no such sample")
        if label is not None and label not in self.project.class_names:
            raise RequestError(HTTPStatus.BAD_REQUEST, "the project has no such class")
        name = self._named(told["annotator"])
        return Answer(key, sample, name, label, datetime.now(UTC).isoformat(), self.shown)

    def _named(self, annotator: object) -> str:
        try:
            name = _checked_name(annotator)
        except InputError as error:
            raise RequestError(HTTPStatus.BAD_REQUEST, str(error)) from error
        if self.annotator not in {None, name}:
            raise RequestError(HTTPStatus.BAD_REQUEST, f"alc-review was started for {self.annotator}")
        return name


def annotator_name(text: str) -> str:
    """A name as it is kept: composed characters, single spaces.

    >>> annotator_name("  Ana   Lima ")
    'Ana Lima'
    """
    return " ".join(unicodedata.normalize("NFC", text).split())


def _checked_name(text: object) -> str:
    name = annotator_name(text) if isinstance(text, str) else ""
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InputError(f"the name of the annotator is {text!r}", allowed=f"1 to {LONGEST_NAME} printable characters")
    return name


def _is_ours(answer: Answer) -> bool:
    return answer.key.startswith("review:")


def _items(project: "Project", shown: Shown, budget: int | None) -> dict[int, Item]:
    """The samples to ask about by id, in the order to ask: those of the last round, all where there was none."""
    queue = project.queue()
    if project.root is None or "path" not in queue:
        what = "no folder of images" if project.root is None else "a queue without paths of images"
        raise InputError(
            f"{project.folder} has {what}, and there is nothing to look at",
            fix="Make the project with the images: alc-export data.root=FOLDER, or review them in another tool",
        )
    if not project.root.is_dir():
        raise InputError(f"the images of {project.folder} should be in {project.root}, which is no folder")
    if shown == "suggested" and "suggested" not in queue:
        raise InputError(f"--show suggested: the queue of {project.folder} has no suggestions", allowed="none, given")
    queue = given_out(queue)
    queue = queue if budget is None else queue.head(budget)
    suggested: Sequence[str] = queue["suggested"].tolist() if "suggested" in queue else [""] * len(queue)
    rows = zip(queue["sample_id"].tolist(), queue["path"].tolist(), queue["given"].tolist(), suggested, strict=True)
    return {int(sample): Item(path, given, label) for sample, path, given, label in rows}

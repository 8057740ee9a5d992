"""Answers and states, as the page gets and gives them."""

import errno
import os
from pathlib import Path

import pytest

from alc.answers.answer import Shown
from alc.answers.project import Project
from alc.errors import InputError
from alc.review.keys import class_keys
from alc.review.session import ReviewSession
from tests.review.served import CLASSES, key, make_project, serving


def test_an_answer_is_in_the_log_when_it_is_acknowledged(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    with serving(project) as client:
        name = key()
        reply = client.answer(101, "cat", the_key=name)
        assert (reply.status, reply.json) == (200, {"saved": True, "new": True})
        (answer,) = Project.open(project.folder).log.read()
    assert (answer.key, answer.sample_id, answer.label, answer.annotator) == (name, 101, "cat", "Ana")
    assert (answer.shown, answer.time[-1]) == ("none", "Z")


def test_a_request_sent_again_changes_nothing(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    with serving(project) as client:
        name = key()
        assert client.answer(101, "cat", the_key=name).json["new"]
        assert client.answer(101, "cat", the_key=name).json == {"saved": True, "new": False}
        for other in (client.answer(102, "cat", the_key=name), client.answer(101, None, the_key=name)):
            assert other.status == 409
            assert "error" in other.json
    assert len(project.log.read()) == 1


def test_a_correction_counts_from_then_on(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    with serving(project) as client:
        client.answer(101, "cat")
        client.answer(101, "dog")
        client.answer(102, None)
        client.answer(100, "cat", annotator="Ben")
        assert client.get("state?annotator=Ana").json["answers"] == {"1": 1, "2": None}
        assert client.get("state?annotator=Ben").json["answers"] == {"0": 0}
        assert client.get("state").json["annotators"] == ["Ana", "Ben"]
    assert len(project.log.read()) == 4


def test_a_second_start_goes_on_where_the_first_ended(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    with serving(project) as client:
        client.answer(100, "cat")
    with serving(Project.open(project.folder), annotator="  Ana ") as client:
        state = client.get("state").json
        assert (state["annotator"], state["fixed"], state["answers"]) == ("Ana", "Ana", {"0": 0})
        assert client.answer(101, "cat", annotator="Ben").status == 400


def test_blind_nothing_tells_a_label(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    with serving(project, annotator="Ana") as client:
        state = client.get("state").json
        assert set(state) == {
            *("project", "name", "classes", "keys", "shown", "samples", "fixed", "annotators", "annotator", "answers")
        }
        assert b"class0" not in client.get("state").content  # the folder is the label
        (tmp_path / "images" / "class0" / "0.png").write_bytes(b"")
        assert client.get("image/100").json == {"error": "is empty"}
        (tmp_path / "images" / "class0" / "0.png").write_bytes(b"\x89PNG and no more")
        assert b"class0" not in client.get("image/100").content


@pytest.mark.parametrize("shown", ["given", "suggested"])
def test_what_is_shown_is_recorded(tmp_path: Path, shown: Shown) -> None:
    project = make_project(tmp_path)
    with serving(project, shown=shown) as client:
        state = client.get("state").json
        assert (state["given"][0], state["paths"][0]) == ("cat", "class0/0.png")
        assert state.get("suggested", [None])[0] == ("dog" if shown == "suggested" else None)
        client.answer(100, "cat")
    assert project.log.read()[0].shown == shown


def test_only_what_was_given_out_is_asked(tmp_path: Path) -> None:
    project = make_project(tmp_path, round=[0, 2, 2, 0, 1, 2])
    with serving(project) as client:
        assert client.get("state").json["samples"] == [101, 102, 105]
        assert client.get("image/100").status == 404
        assert client.answer(100, "cat").status == 400
    with serving(project, budget=2) as client:
        assert client.get("state").json["samples"] == [101, 102]


@pytest.mark.parametrize(
    "change",
    [
        {"key": "review:1"},
        {"key": "label_studio:7"},
        {"key": f"review:{'0' * 8}-0000-1000-8000-{'0' * 12}"},
        {"key": None},
        {"sample": 99},
        {"sample": "100"},
        {"sample": True},
        {"sample": [100]},
        {"label": "horse"},
        {"label": 0},
        {"label": ["cat"]},
        {"label": {}},
        {"annotator": ""},
        {"annotator": " \t"},
        {"annotator": None},
        {"annotator": "x" * 101},
        {"annotator": "a\u202eb"},
        {"annotator": "a\0"},
        {"time": "2020-01-01T00:00:00Z"},
        {"shown": "none"},
    ],
)
def test_answers_that_do_not_fit_are_refused(tmp_path: Path, change: dict[str, object]) -> None:
    project = make_project(tmp_path, count=1)
    with serving(project) as client:
        told = {"key": key(), "sample": 100, "annotator": "Ana", "label": "cat", **change}
        assert client.post(told).status == 400
    assert project.log.read() == []


def test_a_full_disk_is_told_and_the_answer_can_be_sent_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = make_project(tmp_path)
    name, full = key(), True
    sync = os.fsync

    def fsync(descriptor: int) -> None:
        if full:
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    with serving(project) as client:
        reply = client.answer(101, "cat", the_key=name)
        assert (reply.status, reply.json["error"]) == (507, "the answer could not be written: No space left on device")
        assert Project.open(project.folder).log.read() == []
        full = False
        assert client.answer(101, "cat", the_key=name).json == {"saved": True, "new": True}
    assert [each.key for each in Project.open(project.folder).log.read()] == [name]


def test_a_damaged_log_is_told(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    with serving(project) as client:
        project.log.path.write_text("not an answer\n")
        reply = client.answer(101, "cat")
        assert reply.status == 500
        assert "line 1" in reply.json["error"]
        assert client.get("state").status == 500


def test_html_in_names_of_classes_and_people_is_only_text(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    with serving(project) as client:
        assert client.answer(100, "<b>owl</b>", annotator="<img src=x onerror=alert(1)>").status == 200
        state = client.get("state")
        assert state.json["classes"] == list(CLASSES)
        assert state.headers["Content-Type"].startswith("application/json")
        assert state.headers["X-Content-Type-Options"] == "nosniff"


def test_projects_without_images_are_refused(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    queue = project.queue()
    bare = Project.create(tmp_path / "bare", class_names=CLASSES, queue=queue, root=None)
    with pytest.raises(InputError, match="no folder of images"):
        ReviewSession(bare)
    nameless = Project.create(
        tmp_path / "nameless", class_names=CLASSES, queue=queue.drop(columns="path"), root=tmp_path
    )
    with pytest.raises(InputError, match="without paths"):
        ReviewSession(nameless)
    moved = Project.create(tmp_path / "moved", class_names=CLASSES, queue=queue, root=tmp_path / "nowhere")
    with pytest.raises(InputError, match="is no folder"):
        ReviewSession(moved)
    unasked = Project.create(
        tmp_path / "unasked", class_names=CLASSES, queue=queue.drop(columns="suggested"), root=project.root
    )
    with pytest.raises(InputError, match="no suggestions"):
        ReviewSession(unasked, shown="suggested")


def test_keys_of_classes() -> None:
    assert class_keys([str(digit) for digit in range(10)]) == tuple("0123456789")
    assert class_keys(["a", "A", "b", "long"]) == ("1", "2", "b", "3")
    many = class_keys([f"class {number}" for number in range(40)])
    assert many[:11] == (*"123456789", "a", "b")
    assert many.count(None) == 40 - 31
    assert not set("iuxz") & set(filter(None, many))

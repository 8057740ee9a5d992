"""The files of a round: in rank order, blind unless asked, nothing in them that breaks out of its place."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pandas as pd
import pytest

from alc.errors import InputError
from alc.export import FORMATS, cleanlab_frame, datumaro_content, form, labelling_config, tasks, write_tasks

NAMES = ("cat", 'dog "<&>"', "owl")
ROWS = pd.DataFrame(
    {
        "sample_id": [7, 3],
        "path": ["x/a b#?.png", "<script>.png"],
        "given": ["cat", NAMES[1]],
        "suggested": ["owl", "cat"],
        "p_given": [0.1, 0.2],
        "p_suggested": [0.8, float("nan")],
        "score": [2.0, 1.0],
        "audit": [False, False],
    }
)
WITH_AUDIT = ROWS.assign(audit=[False, True])


def test_label_studio_tasks_are_blind_by_default() -> None:
    made = tasks(WITH_AUDIT, "abc", "none", "/data/local-files/?d=photos/")
    assert made == [
        {
            "data": {
                "image": "/data/local-files/?d=photos/" + name,
                "sample_id": sample,
                "project": "abc",
                "shown": "none",
            }
        }
        for name, sample in (("x/a%20b%23%3F.png", 7), ("%3Cscript%3E.png", 3))
    ]


def test_label_studio_shows_what_it_is_told_to() -> None:
    given, audited = tasks(WITH_AUDIT, "abc", "given", "")
    assert given["data"]["given"] == "cat"
    assert "suggested" not in given["data"]
    assert given["predictions"][0]["result"][0]["value"] == {"choices": ["cat"]}
    assert set(audited) == {"data"}
    assert audited["data"]["shown"] == "none"
    first, second = tasks(ROWS, "abc", "suggested", "")
    assert (first["data"]["given"], first["data"]["suggested"], first["data"]["shown"]) == ("cat", "owl", "suggested")
    assert first["predictions"][0]["score"] == 0.8
    assert first["predictions"][0]["model_version"] == "suggested"
    assert "score" not in second["predictions"][0]  # NaN is not JSON


@pytest.mark.parametrize(("shown", "texts"), [("none", 0), ("given", 1), ("suggested", 2)])
def test_the_labelling_config_is_xml_with_a_choice_per_class(shown: str, texts: int) -> None:
    root = ET.fromstring(labelling_config(NAMES, shown))  # type: ignore[arg-type] # one of them
    choices = [each.attrib["value"] for each in root.iter("Choice")]
    assert choices == [*NAMES, "cannot tell"]
    keys = [each.attrib["hotkey"] for each in root.iter("Choice")]
    assert keys == ["1", "2", "3", "0"]
    assert len(list(root.iter("Text"))) == texts
    many = ET.fromstring(labelling_config([str(each) for each in range(12)], "none"))
    assert len({each.attrib["hotkey"] for each in many.iter("Choice") if "hotkey" in each.attrib}) == 10


def test_datumaro_has_images_in_order_and_no_tags() -> None:
    blind = datumaro_content(WITH_AUDIT, NAMES, "abc")
    assert [item["image"]["path"] for item in blind["items"]] == list(ROWS["path"])
    assert [item["id"] for item in blind["items"]] == ["x/a b#?", "<script>"]
    assert all(item["annotations"] == [] for item in blind["items"])


def test_forms_and_cleanlab_s_columns() -> None:
    assert list(form(ROWS, "abc", "none")) == [
        *("sample_id", "path", "annotator_id", "label", "time"),
        *("shown", "project"),
    ]
    shown = form(WITH_AUDIT, "abc", "suggested")
    assert list(shown["suggested"]) == ["owl", ""]
    assert list(shown["shown"]) == ["suggested", "none"]
    frame = cleanlab_frame(ROWS, "abc")
    assert list(frame["is_label_issue"]) == [True, True]
    assert list(frame["label_quality"]) == [0.1, 0.2]
    assert list(frame["given_label"]) == list(ROWS["given"])


@pytest.mark.parametrize("kind", FORMATS)
def test_no_blind_file_of_annotators_tells_a_label_or_a_score(kind: str, tmp_path: Path) -> None:
    files = write_tasks(ROWS, tmp_path, kind, project="abc", class_names=("cat", NAMES[1], "owl"), shown="none")
    if kind in {"label_studio", "csv"}:
        text = files[0].read_text()
        assert "owl" not in text
        assert "0.8" not in text
    if kind == "cvat":
        assert all(not item["annotations"] for item in json.loads(files[0].read_text())["items"])


def test_what_a_format_needs_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="needs path"):
        write_tasks(ROWS.drop(columns="path"), tmp_path, "cvat", project="a", class_names=NAMES, shown="none")
    with pytest.raises(InputError, match="needs suggested"):
        write_tasks(ROWS.drop(columns="suggested"), tmp_path, "csv", project="a", class_names=NAMES, shown="suggested")
    assert list(tmp_path.iterdir()) == []

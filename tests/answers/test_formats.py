"""Files of answers: what the tools write, and what is wrong with a file."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from alc.answers import Answer, AnswerLog, Shown
from alc.answers.formats import ABSTAIN, Campaign, read_answers
from alc.errors import InputError
from alc.export import write_tasks

NAMES = ("cat", "dog & <b>", "NA")
CAMPAIGN = Campaign("abc", NAMES, {7: "x/one.png", 3: "two, too.png", 5: "ünï.jpg"})
ROWS = pd.DataFrame(
    {
        "sample_id": [7, 3, 5],
        "path": ["x/one.png", "two, too.png", "ünï.jpg"],
        "given": ["cat", "NA", "dog & <b>"],
        "suggested": ["NA", "cat", "dog & <b>"],
        "p_given": [0.1, 0.2, 0.9],
        "p_suggested": [0.8, 0.7, 0.9],
        "audit": [False, True, False],
    }
)


def write(tmp_path: Path, content: object, name: str = "answers.json") -> Path:
    path = tmp_path / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def task(sample: object, *annotations: dict[str, Any], project: str = "abc") -> dict[str, Any]:
    return {
        "id": 1,
        "data": {"sample_id": sample, "project": project, "shown": "none"},
        "annotations": list(annotations),
    }


def annotation(number: int, *choices: str, who: object = 4, **more: object) -> dict[str, Any]:
    result = [{"type": "choices", "from_name": "label", "to_name": "image", "value": {"choices": list(choices)}}]
    time = {"created_at": "2026-03-01T10:00:00.123Z", "updated_at": "2026-03-01T10:00:05.5Z"}
    return {"id": number, "completed_by": who, "result": result if choices else [], **time, **more}


def test_label_studio_with_several_annotators(tmp_path: Path) -> None:
    who = {"id": 9, "email": "ben@example.org"}
    file = write(
        tmp_path,
        [
            task(7, annotation(1, "cat"), annotation(2, "NA", who=who)),
            task(3, annotation(3, was_cancelled=True), annotation(4, ABSTAIN, who=who)),
            task(5),
        ],
    )
    answers = read_answers(file, CAMPAIGN)
    assert [(each.sample_id, each.annotator, each.label) for each in answers] == [
        (7, "label_studio:4", "cat"),
        (7, "ben@example.org", "NA"),
        (3, "label_studio:4", None),
        (3, "ben@example.org", None),
    ]
    assert answers[0].key == "label_studio:1@2026-03-01T10:00:05.5Z"
    assert {each.time for each in answers} == {"2026-03-01T10:00:05.500000Z"}


def test_a_changed_annotation_is_a_further_answer_and_the_same_one_is_not(tmp_path: Path) -> None:
    log = AnswerLog(tmp_path / "answers.jsonl")
    first = write(tmp_path, [task(7, annotation(1, "cat"))])
    assert log.append(read_answers(first, CAMPAIGN)) == 1
    before = log.path.read_bytes()
    longer = write(tmp_path, [task(7, annotation(1, "cat")), task(3, annotation(2, "NA"))], "longer.json")
    assert log.append(read_answers(first, CAMPAIGN)) == 0
    assert log.path.read_bytes() == before
    assert log.append(read_answers(longer, CAMPAIGN)) == 1
    changed = write(tmp_path, [task(7, annotation(1, "NA", updated_at="2026-03-02T00:00:00Z"))], "changed.json")
    assert log.append(read_answers(changed, CAMPAIGN)) == 1


def test_csv_with_and_without_what_is_optional(tmp_path: Path) -> None:
    text = 'sample_id,annotator_id,label,time\n7,anna,"dog & <b>",2026-03-01T10:00:00Z\n3,ben,cannot tell,\n5,ben,,\n'
    file = write(tmp_path, text, "answers.csv")
    first, second = read_answers(file, CAMPAIGN)
    assert (first.sample_id, first.annotator, first.label) == (7, "anna", "dog & <b>")
    assert first.time == "2026-03-01T10:00:00.000000Z"
    assert (second.sample_id, second.label) == (3, None)
    assert first.key.endswith(":0")
    assert len(first.key) == 66
    again = read_answers(write(tmp_path, text, "copy.csv"), CAMPAIGN)
    assert [each.key for each in again] == [first.key, second.key]


def test_a_table_may_bring_keys_of_its_own(tmp_path: Path) -> None:
    file = write(tmp_path, "key,sample_id,annotator_id,label\nreview:1,7,anna,cat\n,3,anna,cat\n", "answers.csv")
    keys = [each.key for each in read_answers(file, CAMPAIGN)]
    assert keys[0] == "review:1"
    assert keys[1].endswith(":1")


def datumaro(*items: dict[str, Any]) -> dict[str, Any]:
    return {
        "info": {},
        "categories": {"label": {"labels": [{"name": name} for name in (*NAMES, ABSTAIN)]}},
        "items": list(items),
    }


def tag(number: object, kind: str = "label") -> dict[str, Any]:
    return {"id": 0, "type": kind, "label_id": number, "attributes": {}, "group": 0}


def test_datumaro_by_path_or_by_id(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        datumaro(
            {"id": "x/one", "annotations": [tag(2)]},
            {"id": "?", "image": {"path": "two, too.png"}, "annotations": [tag(3), tag(0, "bbox")]},
            {"id": "?", "attr": {"sample_id": 5}, "annotations": []},
        ),
    )
    answers = read_answers(file, CAMPAIGN, annotator="anna")
    assert [(each.sample_id, each.label, each.annotator) for each in answers] == [(7, "NA", "anna"), (3, None, "anna")]
    with pytest.raises(InputError, match="answered_by=NAME"):
        read_answers(file, CAMPAIGN)


HEAD = "sample_id,annotator_id,label,time\n"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", HEAD + "7,anna,cat,\n7,anna,Cat,\n", ["a.csv, line 3, column label", "'Cat' is unknown", "'cat'?"]),
        ("a.csv", HEAD + "8,anna,cat,\n", ["line 2, column sample_id", "no sample '8'"]),
        ("a.csv", HEAD + "-7,anna,cat,\n", ["line 2", "'-7'"]),
        ("a.csv", HEAD + "7,anna,cat,2026-03-01\n../../etc/passwd,anna,cat,\n", ["line 3", "../../etc/passwd"]),
        ("a.csv", HEAD + "7,,cat,\n", ["line 2, column annotator_id", "empty"]),
        ("a.csv", HEAD + "7,anna,cat,yesterday\n", ["line 2", "'yesterday'", "ISO 8601"]),
        ("a.csv", HEAD.strip() + ",project\n7,anna,cat,,other\n", ["line 2", "project 'other'", "project=FOLDER"]),
        ("a.csv", HEAD.strip() + ",shown\n7,anna,cat,,all\n", ["line 2", "shown is 'all'"]),
        ("a.csv", HEAD.replace(",", ";") + "7;anna;cat;\n", ["line 1", "separated by semicolons", "commas"]),
        ("a.csv", "sample_id,label\n7,cat\n", ["line 1", "no column annotator_id"]),
        ("a.csv", HEAD + "7,anna,cat\n", ["line 2", "3 values"]),
        ("a.csv", (HEAD + "7,än,cat,\n").encode("latin-1"), ["line 2", "not UTF-8"]),
        ("a.csv", b"", ["is empty"]),
        ("a.zip", b"PK\x03\x04", ["zip archive"]),
        ("a.json", "[{", ["broken JSON"]),
        ("a.json", b'[\n"\xff"]', ["line 2", "not UTF-8"]),
        ("a.json", "[" * 100_000, ["broken JSON"]),
        ("a.json", [1], ["task 1 has no data"]),
        ("a.json", [{"id": 1, "data": {}}], ["task 1 has no annotations"]),
        ("a.json", [task(7), task(8, annotation(1, "cat"))], ["task 2", "no sample '8'"]),
        ("a.json", [task(7, annotation(1, "Cat"))], ["task 1", "'Cat' is unknown"]),
        ("a.json", [task(7, annotation(1, "cat", "NA"))], ["task 1", "2 choices"]),
        ("a.json", [task(7, annotation(1, "cat"), project="other")], ["task 1", "project 'other'"]),
        ("a.json", [task("../7", annotation(1, "cat"))], ["task 1", "'../7'"]),
        ("a.json", [task(True, annotation(1, "cat"))], ["task 1", "'True'"]),
        ("a.json", [task(7, annotation(1, "cat", updated_at="x"))], ["task 1", "time is 'x'"]),
        ("a.json", [task(7, {"id": 1, "result": 3})], ["task 1", "no list"]),
        ("a.json", {}, ["no Datumaro file", "categories"]),
        ("a.json", datumaro({"id": "../../x", "annotations": [tag(0)]}), ["item 1", "leads outside"]),
        ("a.json", datumaro({"id": "x/onne", "annotations": [tag(0)]}), ["item 1", "no image", "x/one"]),
        ("a.json", datumaro({"id": "x/one", "annotations": [tag(4)]}), ["item 1", "label_id 4", "0 to 3"]),
        ("a.json", datumaro({"id": "x/one", "annotations": [tag(0), tag(1)]}), ["item 1", "2 tags"]),
        ("a.json", datumaro() | {"info": {"project": "other"}}, ["project 'other'"]),
        ("a.json", datumaro() | {"items": [3]}, ["item 1"]),
    ],
)
def test_bad_files_are_refused(name: str, content: object, words: list[str], tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_answers(write(tmp_path, content, name), CAMPAIGN, annotator="anna")
    for word in words:
        assert word in str(caught.value), str(caught.value)
    assert "Type data." not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"answers=.*no\.csv can not be read"):
        read_answers(tmp_path / "no.csv", CAMPAIGN)


def annotate_label_studio(file: Path) -> None:
    tasks = json.loads(file.read_text(encoding="utf-8"))
    for number, each in enumerate(tasks):
        each["annotations"] = [annotation(number, NAMES[number])]
    write(file.parent, tasks, file.name)


def annotate_cvat(file: Path) -> None:
    content = json.loads(file.read_text(encoding="utf-8"))
    for number, item in enumerate(content["items"]):
        item["annotations"] = [tag(number)]
        item["attr"] = {"frame": number}  # CVAT knows its own attributes only
    del content["info"]
    write(file.parent, content | {"info": {}}, file.name)


def annotate_table(file: Path) -> None:
    table = pd.read_csv(file, dtype=str, keep_default_na=False)
    table["label"], table["annotator_id"] = list(NAMES), "anna"
    table.to_csv(file, index=False)


ROUND_TRIPS: dict[str, Callable[[Path], None]] = {
    "label_studio": annotate_label_studio,
    "cvat": annotate_cvat,
    "csv": annotate_table,
    "cleanlab": annotate_table,
}


@pytest.mark.parametrize("shown", ["none", "given", "suggested"])
@pytest.mark.parametrize("kind", ROUND_TRIPS)
def test_what_is_exported_comes_back(kind: str, shown: Shown, tmp_path: Path) -> None:
    if kind == "cvat" and shown != "none":
        with pytest.raises(InputError, match="could not be told from an answer"):
            write_tasks(ROWS, tmp_path, kind, project="abc", class_names=NAMES, shown=shown)
        return
    file, *_ = write_tasks(
        ROWS, tmp_path / "out", kind, project="abc", class_names=NAMES, shown=shown, prefix="http://h/"
    )
    assert read_answers(file, CAMPAIGN, annotator="anna") == []
    ROUND_TRIPS[kind](file)
    answers: list[Answer] = read_answers(file, CAMPAIGN, annotator="anna")
    assert [(each.sample_id, each.label) for each in answers] == [(7, NAMES[0]), (3, NAMES[1]), (5, NAMES[2])]
    if kind in {"label_studio", "csv"}:
        assert [each.shown for each in answers] == [shown, "none", shown]  # the audit is always blind
    if kind == "cleanlab":
        assert {each.shown for each in answers} == {"suggested"}

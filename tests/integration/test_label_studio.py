"""A round trip through a real Label Studio: ``pytest -m label_studio``.

It is installed apart from this project, whose libraries it would hold back: ``python -m venv studio && studio/bin/pip
install label-studio``, then ``ALC_LABEL_STUDIO=studio/bin/label-studio pytest -m label_studio``.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from alc.answers.formats.campaign import ABSTAIN
from alc.answers.project import Project
from tests.integration.studio import VARIABLE, Studio, program, serving
from tests.integration.test_campaign import typed

pytestmark = pytest.mark.label_studio

NAMES = ("no finding", 'opacity "left" & right', "<b>other</b>")
SIZE = 12


def path(number: int) -> str:
    return f"{number} ü#.png" if number % 2 else f"deep er/{number}%20.png"


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures in a folder and below it, with names that an address has to quote."""
    root = tmp_path_factory.mktemp("data") / "chest x-rays"
    (root / "deep er").mkdir(parents=True)
    for number in range(SIZE):
        Image.new("L", (32, 32), 20 * number).save(root / path(number))
    return root


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory, images: Path) -> Iterator[Studio]:
    found = program()
    if found is None:
        pytest.skip(f"there is no label-studio on the path, and {VARIABLE} does not name one")
    with serving(found, tmp_path_factory.mktemp("studio"), images.parent) as started:
        yield started


@pytest.fixture
def campaign(tmp_path: Path, images: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a ranking whose order is not that of the ids."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("alc.tasks.answers._draw", lambda *_: None)
    order = np.random.default_rng(0).permutation(SIZE)
    pd.DataFrame(
        {
            "rank": np.arange(SIZE) + 1,
            "sample_id": order,
            "path": [path(number) for number in order],
            "given": [NAMES[number % 3] for number in order],
            "suggested": [NAMES[(number + 1) % 3] for number in order],
            "p_given": 0.2,
            "p_suggested": 0.7,
            "score": np.linspace(3, 0, SIZE),
            "given_class": order % 3,
        }
    ).to_csv("ranking.csv", index=False)
    return tmp_path


def given_out(images: Path, *more: str) -> Path:
    done = typed("export", "project=camp", f"images={images}", "budget=6", "audit.share=0", *more)
    assert done.code == 0, done.err
    assert f"LOCAL_FILES_DOCUMENT_ROOT={images.parent} " in done.out
    assert f"a local storage of the folder {images};" in done.out
    return next(Path(line.split()[1]) for line in done.out.splitlines() if line.startswith("questions"))


def test_tasks_in_rank_order_come_back_as_answers(studio: Studio, campaign: Path, images: Path) -> None:
    file = given_out(images, "ranking=ranking.csv", f"classes=[{','.join(map(json.dumps, NAMES))}]")
    asked = [task["data"]["sample_id"] for task in json.loads(file.read_text())]
    assert asked == pd.read_csv("ranking.csv")["sample_id"].tolist()[:6] != sorted(asked)

    project = studio.project(file.with_suffix(".xml"))
    studio.bring(project, file)
    studio.serve(project, images)
    tasks = studio.tasks(project)
    assert [task["data"]["sample_id"] for task in tasks] == asked
    assert [task["id"] for task in tasks] == sorted(task["id"] for task in tasks)
    assert not any(task["predictions"] or {"given", "suggested"} & set(task["data"]) for task in tasks)
    for task in tasks:
        assert studio.send(task["data"]["image"]) == (images / path(task["data"]["sample_id"])).read_bytes()

    made: list[int] = []
    for label in (NAMES[1], NAMES[2], ABSTAIN):
        number = studio.next(project)
        assert number == tasks[len(made)]["id"]  # whoever annotates is asked in rank order
        made.append(studio.annotate(number, label))
    assert studio.annotate(tasks[3]["id"], None)  # skipped

    exported = studio.export(project, campaign / "export.json")
    done = typed("clean", f"answers={exported}", "project=camp", "adjudication=single")
    assert done.code == 0, done.err
    answers = Project.open(Path("camp")).log.read()
    assert [(each.sample_id, each.label) for each in answers] == list(
        zip(asked[:4], [NAMES[1], NAMES[2], None, None], strict=True)
    )
    assert {(each.annotator, each.shown) for each in answers} == {("label_studio:1", "none")}
    labels = pd.read_csv("camp/labels.csv").set_index("sample_id")
    assert labels.loc[asked[:2], "label"].tolist() == [NAMES[1], NAMES[2]]

    again = typed("clean", f"answers={studio.export(project, campaign / 'again.json')}", "project=camp")
    assert "0 of them new" in again.out
    studio.change(made[0], NAMES[0])
    done = typed("clean", f"answers={studio.export(project, campaign / 'changed.json')}", "project=camp")
    assert "1 of them new" in done.out
    labels = pd.read_csv("camp/labels.csv").set_index("sample_id")
    assert labels.loc[asked[0], "label"] == NAMES[0]


def test_what_was_shown_comes_back_with_the_answers(studio: Studio, campaign: Path, images: Path) -> None:
    file = given_out(images, "ranking=ranking.csv", "show=suggested", f"classes=[{','.join(map(json.dumps, NAMES))}]")
    project = studio.project(file.with_suffix(".xml"))
    studio.bring(project, file)
    tasks = studio.tasks(project)
    assert all(len(task["predictions"]) == 1 for task in tasks)
    studio.annotate(tasks[0]["id"], tasks[0]["data"]["suggested"])
    done = typed("clean", f"answers={studio.export(project, campaign / 'export.json')}", "project=camp")
    assert done.code == 0, done.err
    (answer,) = Project.open(Path("camp")).log.read()
    assert (answer.label, answer.shown) == (tasks[0]["data"]["suggested"], "suggested")

"""The folder of a campaign."""

from pathlib import Path

import pandas as pd
import pytest

from alc.answers import Answer, Project
from alc.errors import InputError

QUEUE = pd.DataFrame(
    {
        "sample_id": [7, 3],
        "path": ["a/NA.png", "b,c.png"],
        "given": ["NA", "cat"],
        "suggested": ["cat", "NA"],
        "p_given": [0.25, float("nan")],
        "rank": [1, 2],
    }
)


def made(folder: Path, root: Path | None = None, queue: pd.DataFrame = QUEUE) -> Project:
    return Project.create(folder, class_names=["cat", "NA"], queue=queue, root=root)


def test_what_is_made_is_opened(tmp_path: Path) -> None:
    project = Project.create(
        tmp_path / "p", class_names=["cat", "NA"], queue=QUEUE, root=tmp_path, settings={"budget": 3}
    )
    again = Project.open(tmp_path / "p")
    assert again == project
    assert (again.class_names, again.root, again.settings) == (("cat", "NA"), tmp_path, {"budget": 3})
    queue = again.queue()
    pd.testing.assert_frame_equal(queue[list(QUEUE)], QUEUE, check_dtype=False)
    assert list(queue["given"]) == ["NA", "cat"]  # a class may be called like pandas' missing value
    assert list(queue["round"]) == list(queue["reached"]) == [0, 0]
    assert list(queue["audit"]) == [False, False]
    again.write_queue(queue.assign(audit=[True, False], round=[2, 0]))
    assert list(again.queue()["audit"]) == [True, False]
    assert Project.open(again.with_settings(budget=4).folder).settings == {"budget": 4}


def test_a_second_project_in_the_folder_is_refused(tmp_path: Path) -> None:
    made(tmp_path / "p")
    with pytest.raises(InputError, match="holds another project"):
        made(tmp_path / "p")


def test_a_log_without_a_project_is_not_taken_over(tmp_path: Path) -> None:
    made(tmp_path / "p").log.append([Answer("a:1", 3, "anna", "cat", "2026-01-01")])
    (tmp_path / "p" / "project.json").unlink()
    with pytest.raises(InputError, match="holds another project"):
        made(tmp_path / "p")


def test_no_project_and_a_broken_one_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no project\.json"):
        Project.open(tmp_path)
    for content in ("{", "[]", '{"format": "x"}', '{"format": "alc-project-2"}'):
        (tmp_path / "project.json").write_text(content)
        with pytest.raises(InputError, match=r"project\.json"):
            Project.open(tmp_path)


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("path", ["../x.png", "b"], "sample 7 has the path '../x.png'"),
        ("path", ["/etc/passwd", "b"], "/etc/passwd"),
        ("path", [r"C:\x.png", "b"], "C:"),
        ("path", ["a/../../x.png", "b"], "a/../../x.png"),
        ("path", ["", "b"], "''"),
        ("given", ["dog", "cat"], "sample 7 is given as 'dog'"),
        ("sample_id", [3, 3], "id 3 occurs 2 times"),
    ],
)
def test_a_queue_that_does_not_fit_is_refused(column: str, value: list[object], said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        made(tmp_path / "p", queue=QUEUE.assign(**{column: pd.Series(value)}))
    assert said in str(caught.value)
    assert not (tmp_path / "p" / "project.json").exists()


def test_images_are_found_inside_the_root_only(tmp_path: Path) -> None:
    root = tmp_path / "images"
    root.mkdir()
    (root / "a.png").write_bytes(b"x")
    (tmp_path / "secret.png").write_bytes(b"x")
    (root / "link.png").symlink_to(tmp_path / "secret.png")
    project = made(tmp_path / "p", root)
    assert project.image("a.png") == (root / "a.png").resolve()
    for path in ("b.png", "../secret.png", "link.png", str(root / "a.png"), "", "a.png\0", "."):
        assert project.image(path) is None, path
    assert made(tmp_path / "q").image("a.png") is None

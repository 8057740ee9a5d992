"""alc-rank checked=FILE: samples that somebody has looked at are not asked about again."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alc.errors import InputError
from alc.samples import SampleTable
from alc.tasks.checked import read_checked
from tests.integration.commands import TRAIN, alc, only, without_figures

HELD = SampleTable(np.array([7, 3, 5]), ("a", "b"), given=np.array([0, 1, 1]))
FILES = SampleTable(
    np.arange(3), ("a", "b"), given=np.array([0, 1, 1]), path=np.array(["a/x.png", "b/y.png", "b/z.png"])
)


def rows(text: str, samples: SampleTable, folder: Path) -> list[bool]:
    (folder / "seen.csv").write_text(text)
    checked = read_checked(folder / "seen.csv")
    assert checked is not None
    return [bool(each) for each in checked.rows(samples)]


def test_samples_are_named_by_path_or_by_id(tmp_path: Path) -> None:
    assert read_checked(None) is None
    assert rows("sample_id\n5\n7\n", HELD, tmp_path) == [True, False, True]
    assert rows("rank,path\n1,b/y.png\n2,was/moved.png\n", FILES, tmp_path) == [False, True, False]
    assert rows("sample_id,path\n0,b/z.png\n", FILES, tmp_path) == [False, False, True]  # ids move when files do
    assert rows("sample_id,path\n3,b/z.png\n", HELD, tmp_path) == [False, True, False]


@pytest.mark.parametrize(
    ("text", "samples", "message"),
    [
        ("name\nx\n", HELD, "neither a column path nor a column sample_id"),
        ("path\nb/y.png\n", HELD, "names images by path, and these data are no files"),
        ("sample_id\n1\n2\n", HELD, r"none of its 2 entries of column sample_id is in the data, .*line 2.* is '1'"),
        ("path\ny.png\n", FILES, r"none of its 1 entries .* is 'y.png'. Allowed: as in ranking.csv, e.g. a/x.png"),
        ("sample_id\n3\n5\n7\n", HELD, "names all 3 samples; none is left to rank"),
        ("sample_id\n", HELD, "has a header but no rows"),
        ("sample_id,path\n,\n", HELD, "the value is empty"),
    ],
)
def test_what_names_nothing_is_refused(text: str, samples: SampleTable, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        rows(text, samples, tmp_path)


def test_a_ranking_without_what_was_checked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_figures(monkeypatch)
    alc("rank", *TRAIN, "checked=seen.csv").refused("checked=seen.csv: there is no file", "path or sample_id")
    assert not (folder / "runs").exists()
    first = alc("rank", *TRAIN, "name=first")
    assert first.code == 0, first.err
    everything = pd.read_csv("runs/first/ranking.csv")
    everything.head(5).to_csv("seen.csv", index=False)

    second = alc("rank", *TRAIN, "checked=seen.csv", "name=second")
    assert second.code == 0, second.err
    assert second.trainings == []
    rest = pd.read_csv("runs/second/ranking.csv")
    assert rest["rank"].tolist() == list(range(1, 56))
    pd.testing.assert_frame_equal(rest.drop(columns="rank"), everything[5:].reset_index(drop=True).drop(columns="rank"))

    Path("seen.csv").rename("moved.csv")
    again = alc("rank", *TRAIN, "checked=moved.csv", "name=second")
    assert f"SKIP rank/{Path('runs/second').resolve().name}" in again.err
    everything.head(6).to_csv("moved.csv", index=False)
    assert alc("rank", *TRAIN, "checked=moved.csv").code == 0
    assert len(list(folder.glob("runs/rank/*/manifest.json"))) == 3
    assert only(folder, "runs/train/*").is_dir()

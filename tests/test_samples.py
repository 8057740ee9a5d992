"""The sample table, in memory, as parquet and as CSV."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from alc.errors import InputError
from alc.samples import SampleTable

NAMES = ("normal", "pneumonia, both sides", "ä")


def full() -> SampleTable:
    return SampleTable(
        np.array([10, 30, 20]),
        NAMES,
        np.array([0, 2, 1]),
        path=np.array(["a.png", "b c.png", "d.png"]),
        reference=np.array([0, 1, 1]),
        group=np.array([5, 5, 6]),
    )


def bare() -> SampleTable:
    return SampleTable(np.arange(2), ("no", "yes"), np.array([1, 0]))


def assert_same(left: SampleTable, right: SampleTable) -> None:
    assert left.class_names == right.class_names
    for name in ("sample_id", "given", "path", "reference", "group"):
        one, other = getattr(left, name), getattr(right, name)
        assert (one is None) == (other is None), name
        if one is not None:
            np.testing.assert_array_equal(one, other, err_msg=name)


def test_frame_by_hand() -> None:
    frame = full().to_frame()
    assert list(frame) == [
        "sample_id", "path", "given", "given_name", "reference", "reference_name", "group",
    ]  # fmt: skip
    assert frame["given_name"].tolist() == ["normal", "ä", "pneumonia, both sides"]
    assert frame["reference_name"].tolist() == ["normal", "pneumonia, both sides", "pneumonia, both sides"]
    assert list(bare().to_frame()) == ["sample_id", "given", "given_name"]
    assert (len(full()), full().num_classes, len(bare())) == (3, 3, 2)


@pytest.mark.parametrize("table", [full(), bare()], ids=["full", "bare"])
def test_parquet_round_trip(tmp_path: Path, table: SampleTable) -> None:
    table.save(tmp_path / "run" / "samples.parquet")
    assert_same(SampleTable.load(tmp_path / "run" / "samples.parquet"), table)
    assert len(list((tmp_path / "run").iterdir())) == 1


def test_csv_round_trip(tmp_path: Path) -> None:
    full().to_frame().to_csv(tmp_path / "samples.csv", index=False)
    frame = pd.read_csv(tmp_path / "samples.csv")
    pd.testing.assert_frame_equal(frame, full().to_frame(), check_dtype=False)
    back = SampleTable(
        frame["sample_id"].to_numpy(),
        NAMES,
        frame["given"].to_numpy(),
        frame["path"].to_numpy().astype(np.str_),
        frame["reference"].to_numpy(),
        frame["group"].to_numpy(),
    )
    assert_same(back, full())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"class_names": ("one",)}, r"class names are \['one'\]\. Allowed: two different"),
        ({"class_names": ("one", "one", "two")}, "class names are"),
        ({"given": np.array([0, 3, 1])}, "given labels: row 1 holds 3"),
        ({"reference": np.array([0, 1, -1])}, "reference labels: row 2 holds -1"),
        ({"sample_id": np.array([1, 1, 2])}, "sample ids: id 1 occurs 2 times"),
        ({"path": np.array(["a.png"])}, r"path has 1 rows\. Allowed: 3, one per sample"),
        ({"reference": np.array([0, 1])}, "reference has 2 rows"),
        ({"group": np.array([0, 1])}, "group has 2 rows"),
    ],
)
def test_bad_columns_are_named(changes: dict[str, Any], message: str) -> None:
    good: dict[str, Any] = {"sample_id": np.arange(3), "class_names": NAMES, "given": np.array([0, 2, 1])}
    with pytest.raises(InputError, match=message):
        SampleTable(**(good | changes))


def test_files_of_something_else_are_named(tmp_path: Path) -> None:
    path = tmp_path / "samples.parquet"
    message = rf"{path} is not a sample table .* Give a samples.parquet written by alc-train"
    with pytest.raises(InputError, match=message):
        SampleTable.load(path)
    path.write_bytes(b"hello")
    with pytest.raises(InputError, match=message):
        SampleTable.load(path)
    pd.DataFrame({"given": [0, 1]}).to_parquet(path)
    with pytest.raises(InputError, match=message):
        SampleTable.load(path)


@pytest.mark.parametrize(("column", "values"), [("sample_id", None), ("sample_id", [1, 1, 2]), ("given", [0, 1, 9])])
def test_wrong_content_names_the_file(tmp_path: Path, column: str, values: list[int] | None) -> None:
    path = tmp_path / "samples.parquet"
    frame = full().to_frame()
    frame.attrs["class_names"] = list(NAMES)
    frame = frame.drop(columns=column) if values is None else frame.assign(**{column: values})
    frame.to_parquet(path)
    with pytest.raises(InputError, match=f"{path} is not a sample table"):
        SampleTable.load(path)

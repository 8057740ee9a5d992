from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from alc.errors import InputError
from alc.sources.classes import class_index, class_order
from alc.sources.csv_file import CsvSource
from alc.sources.csv_table import read_csv_table

TABLE = "path,label\na.png,dog\nb.png,cat\nc d.png,dog\nsub/e.png,owl\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "images"
    for value, name in enumerate(("a.png", "b.png", "c d.png", "sub/e.png", "sub/f.png")):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (6, 6), (value, 0, 0)).save(root / name)
    return root


def source(root: Path, text: str | bytes = TABLE, **options: Any) -> CsvSource:
    file = root.parent / "labels.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return CsvSource(str(file), 6, **({"root": str(root)} | options))


def refused(message: str, root: Path, text: str | bytes, **options: Any) -> None:
    with pytest.raises(InputError, match=message):
        source(root, text, **options).load(0)


def test_names(root: Path) -> None:
    data = source(root).load(0)
    assert data.samples.class_names == ("cat", "dog", "owl")
    assert data.samples.given.tolist() == [1, 0, 1, 2]
    assert data.samples.path.tolist() == ["a.png", "b.png", "c d.png", "sub/e.png"]
    assert data.samples.reference is None
    assert data.distribution is None
    assert data.samples.group is None
    assert data.images.as_array()[:, 0, 0, 0].tolist() == [0, 1, 2, 3]


def test_reference_and_group(root: Path) -> None:
    text = "group,path,extra,reference_label,label\np2,a.png,1,dog,cat\np1,b.png,2,cat,cat\np2,sub/e.png,3,fox,dog\n"
    data = source(root, text).load(0)
    assert data.samples.class_names == ("cat", "dog", "fox")
    assert data.samples.given.tolist() == [0, 0, 1]
    assert data.samples.reference is not None
    assert data.samples.reference.tolist() == [1, 0, 2]
    assert data.samples.group is not None
    assert data.samples.group.tolist() == [1, 0, 1]
    np.testing.assert_array_equal(data.distribution, np.eye(3)[[1, 0, 2]])
    ignored = source(root, text, reference_column=None, group_column=None).load(0)
    assert ignored.samples.reference is None
    assert ignored.samples.group is None
    assert ignored.samples.class_names == ("cat", "dog")


def test_numbers_and_class_lists(root: Path) -> None:
    numbers = source(root, "path,label\na.png,10\nb.png,9\nc d.png,010\n").load(0)
    assert numbers.samples.class_names == ("9", "10")
    assert numbers.samples.given.tolist() == [1, 0, 1]
    indices = source(root, "path,label\na.png,1\nb.png,0\n", classes=["dog", "cat"]).load(0)
    assert indices.samples.class_names == ("dog", "cat")
    assert indices.samples.given.tolist() == [1, 0]
    ordered = source(root, classes=["owl", "dog", "cat", "fox"]).load(0)
    assert ordered.samples.given.tolist() == [1, 2, 1, 0]
    assert ordered.num_classes == 4


def test_other_columns_separators_and_endings(root: Path) -> None:
    text = '\ufeff file ; class \r\n a.png ; dog \r\n\r\n"sub/e.png";cat\r\n'
    data = source(root, text, path_column="file", label_column="class", separator=";").load(0)
    assert data.samples.given.tolist() == [1, 0]
    tabs = source(root, TABLE.replace(",", "\t"), separator="tab").load(0)
    assert len(tabs) == 4


def test_root_defaults_to_the_folder_of_the_file(root: Path) -> None:
    file = root / "labels.csv"
    file.write_text(TABLE)
    assert len(CsvSource(str(file), 6).load(0)) == 4


def test_trusted_test_file(root: Path) -> None:
    test = root.parent / "test.csv"
    test.write_text("path,label\nsub/f.png,owl\n")
    data = source(root, test_file=str(test)).load(0)
    assert data.test_labels is not None
    assert data.test_labels.tolist() == [2]
    assert set(source(root, test_file=str(test)).digests()) == {"file", "images", "test_file", "test_images"}
    test.write_text("path,label\nsub/f.png,owl\nsub/e.png,owl\n")
    refused("line 3, column path: sub/e.png is also in", root, TABLE, test_file=str(test))


def test_digests_follow_file_and_images(root: Path) -> None:
    before = source(root).digests()
    Image.new("RGB", (6, 6), (200, 0, 0)).save(root / "sub" / "f.png")  # not named by the file
    assert source(root).digests() == before
    Image.new("RGB", (6, 6), (200, 0, 0)).save(root / "a.png")
    after = source(root).digests()
    assert after["file"] == before["file"]
    assert after["images"] != before["images"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "labels.csv is empty"),
        ("path,label\n", "no rows"),
        ("path;label\na.png;dog\n", "looks separated by semicolons.*data.separator=';'"),
        ("path\tlabel\na.png\tdog\n", "looks separated by tabs.*data.separator=tab"),
        ("path,labels\na.png,dog\n", "line 1: no column label; the header is .*Did you mean 'labels'"),
        ("path,label,label\na.png,dog,cat\n", "column label occurs 2 times"),
        ("path,label\na.png,dog,cat\n", "line 2: 3 values"),
        ("path,label\na.png,dog\nb.png\n", "line 3: 1 values"),
        ("path,label\na.png,dog\n\nb.png,\n", "line 4, column label: the value is empty"),
        ("path,label\na.png,dog\n,cat\n", "line 3, column path: the value is empty"),
        ("path,label\na.png,dog\nb.png,cat\n./a.png,cat\n", "line 4, column path: './a.png' was named .* in line 2"),
        ("path,label\na.png,dog\n../labels.csv,cat\n", "line 3, column path: '../labels.csv' lies outside data.root"),
        ("path,label\na.png,dog\n/etc/passwd,cat\n", "'/etc/passwd' lies outside data.root"),
        ("path,label\na.png,dog\nsub/../../images2/a.png,cat\n", "lies outside data.root"),
        ("path,label\na.png,dog\nsub\\e.png,cat\n", "1 of 2 files are not there: line 3.*backslashes"),
        ("path,label\na.png,dog\nsub,cat\n", "line 3: 'sub'"),
        ("path,label\na.png,dog\nb.png,dog\n", "two different names"),
        ('path,label\na.png,dog\n"b.png,dog\n', "line 3: unexpected end of data"),
        ("path,label,reference_lable\na.png,dog,cat\n", "column 'reference_lable' is nearly 'reference_label'"),
        ("path,label,reference_label\na.png,dog,cat\nb.png,cat,\n", "line 3, column reference_label: .* empty"),
        ("path,label,group\na.png,dog,1\nb.png,cat,\n", "line 3, column group: the value is empty"),
        ("path,label\na.png,dög\n".encode("latin-1"), "line 2: byte b'\\\\xf6' is not UTF-8"),
        (TABLE.encode("utf-16"), "is UTF-16 text"),
        (b"PK\x03\x04\x00\x00", "is not text: it holds zero bytes"),
    ],
)  # fmt: skip
def test_bad_files(root: Path, text: str | bytes, message: str) -> None:
    refused(message, root, text)


def test_unknown_labels_get_a_hint(root: Path) -> None:
    refused(
        "line 3, column label: unknown label 'cta'. Allowed: cat, dog. Did you mean 'cat'", root,
        "path,label\na.png,dog\nb.png,cta\n", classes=["cat", "dog"],
    )  # fmt: skip
    refused("unknown label '2'", root, "path,label\na.png,0\nb.png,2\n", classes=["cat", "dog"])
    refused("unknown label '-1'", root, "path,label\na.png,0\nb.png,-1\n", classes=["cat", "dog"])


def test_missing_files_are_listed_up_to_five(root: Path) -> None:
    rows = "".join(f"no{row}.png,dog\n" for row in range(7))
    with pytest.raises(InputError) as caught:
        source(root, f"path,label\na.png,cat\n{rows}").load(0)
    message = str(caught.value)
    assert "7 of 8 files are not there: line 3: 'no0.png'" in message
    assert "line 7: 'no4.png' ... and 2 more" in message
    assert "no5" not in message


def test_line_numbers_count_lines_not_rows(root: Path) -> None:
    refused("line 5, column label", root, 'path,label,note\na.png,dog,"two\nlines"\n\nb.png,,x\n')


def test_unreadable_image_and_options(root: Path) -> None:
    (root / "b.png").write_bytes(b"text")
    refused("b.png is not the PNG its name says", root, TABLE)
    refused("data.separator is ';;'", root, TABLE, separator=";;")
    with pytest.raises(InputError, match=r"cannot be read.*data.file="):
        CsvSource(str(root / "no.csv"), 6).load(0)
    with pytest.raises(InputError, match=r"data.resize is 'crop'"):
        CsvSource("a.csv", 6, resize="crop")  # type: ignore[arg-type]  # a wrong word is what is tested


@settings(max_examples=40)
@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"])), min_size=2, max_size=2), min_size=1))
def test_csv_round_trip_property(tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]) -> None:
    import csv

    file = tmp_path_factory.mktemp("csv") / "t.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, quoting=csv.QUOTE_ALL).writerows([["path", "label"], *rows])
    table = read_csv_table(file, ["path", "label"], ["group"])
    assert table.columns == {"path": [row[0].strip() for row in rows], "label": [row[1].strip() for row in rows]}
    assert table.line == list(range(2, len(rows) + 2))


@settings(max_examples=40)
@given(st.lists(st.integers(0, 200).map(str) | st.text("abc", min_size=1, max_size=3), min_size=2, unique=True))
def test_class_order_property(labels: list[str]) -> None:
    order = class_order(labels)
    assert order == class_order(reversed(labels * 2))
    assert {class_index(label, order) for label in labels} == set(range(len(order)))

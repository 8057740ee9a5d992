"""Probabilities and labels from files: every format, joined by what they share, and clear about what they are not."""

from pathlib import Path

import numpy as np
import pytest

from alc.errors import InputError
from alc.posteriors import Posteriors
from alc.sources.label_file import LabelColumns, LabelFile, read_label_file
from alc.sources.probability_file import read_probability_file

PROBS = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.25, 0.25, 0.5]])
LABELS = "id,path,label\nA,a.png,cat\nB,b.png,dog\nC,c.png,owl\n"


def labels(text: str | bytes, folder: Path, num_classes: int | None = 3, **settings: object) -> LabelFile:
    file = folder / "labels.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    given: dict[str, object] = {"columns": LabelColumns(), "classes": None, "num_classes": num_classes, **settings}
    return read_label_file(file, **given)  # type: ignore[arg-type]  # a bag of settings


def read(name: str, folder: Path, text: str = LABELS) -> Posteriors:
    known = labels(text, folder)
    return read_probability_file(folder / name).of(known.samples, known.ids)


def test_every_format_is_the_same(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", PROBS)
    np.savez(tmp_path / "b.npz", pred_probs=PROBS, labels=np.arange(3))
    np.savez(tmp_path / "c.npz", anything=PROBS[None])
    np.savetxt(tmp_path / "d.csv", PROBS, delimiter=",")
    (tmp_path / "e.csv").write_text("cat,dog,owl\n.7,.2,.1\n.1,.8,.1\n.25,.25,.5\n")
    (tmp_path / "f.csv").write_text("owl,cat,dog\n.1,.7,.2\n.1,.1,.8\n.5,.25,.25\n")
    (tmp_path / "g.csv").write_text("id,p0,p1,p2\nC,.25,.25,.5\nX,1,0,0\nA,.7,.2,.1\nB,.1,.8,.1\n")
    (tmp_path / "h.csv").write_text(
        "\ufeffpath, cat ,dog,owl\r\nc.png,.25,.25,.5\r\na.png,.7,.2,.1\r\nb.png,.1,.8,.1\r\n", encoding="utf-8"
    )
    (tmp_path / "i.csv").write_text("sample_id,0,1,2\n2,.25,.25,.5\n0,.7,.2,.1\n1,.1,.8,.1\n")
    Posteriors.single(PROBS).save(tmp_path / "j.npz", np.float64)
    for file in sorted(tmp_path.glob("?.*")):
        np.testing.assert_allclose(read(file.name, tmp_path).mean, PROBS, err_msg=file.name)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("p.npy", PROBS[:2], "2 rows of probabilities for 3 samples"),
        ("p.npy", PROBS[:, :2] / PROBS[:, :2].sum(axis=1, keepdims=True), "3 classes .*, there are probabilities of 2"),
        ("p.npy", PROBS * 2, "row 0 .* sums to 2 .*softmax"),
        ("p.npy", np.where(PROBS == 0.8, np.nan, PROBS), "row 1 .*nan"),
        ("p.npy", np.array([0.1, 0.9, 0.5, 0.5]), r"\[1 - p, p\]"),
        ("p.npy", PROBS.round().astype(int), "type int64"),
        ("p.npy", np.array([{}], dtype=object), "holds Python objects"),
        ("p.csv", "cat,dog,owl\n.7,.2,.1\n.1,x,.1\n", "line 3, column dog: 'x' is no number"),
        ("p.csv", "cat,dog,owl\n.7,.2,.1\n.1,,.9\n.2,.3,.5\n", "row 1 .*nan"),
        ("p.csv", "cat,dog,cow\n.7,.2,.1\n.1,.8,.1\n.2,.3,.5\n", "unknown label 'owl'. Allowed: cat, dog, cow"),
        ("p.csv", "cat;dog;owl\n.7;.2;.1\n", "looks separated by semicolons"),
        (
            "p.csv",
            "id,cat,dog,owl\nA,.7,.2,.1\nA,.1,.8,.1\nC,.2,.3,.5\n",
            "line 3, column id: 'A' was named before, in line 2",
        ),
        ("p.csv", "id,cat,dog,owl\nA,.7,.2,.1\nB,.1,.8,.1\n", "lacks 1 of 3 samples by id, the first is 'C'"),
        ("p.csv", b"cat,dog,owl\n.7,.2,\xff\n", "line 2: byte .* is not UTF-8"),
        ("p.csv", "", "is empty"),
        ("p.npz", b"PK no archive", "Give a posteriors.npz"),
        ("no.npy", None, "there is no file"),
    ],
)
def test_probabilities_that_are_refused(name: str, content: object, message: str, tmp_path: Path) -> None:
    file = tmp_path / name
    if isinstance(content, np.ndarray):
        np.save(file, content)
    elif content is not None:
        file.write_bytes(content if isinstance(content, bytes) else str(content).encode())

    def read_and_join() -> None:
        made = read_probability_file(file)
        known = labels(LABELS, tmp_path, made.num_classes, classes=made.class_names)
        made.of(known.samples, known.ids)

    with pytest.raises(InputError, match=message):
        read_and_join()


def test_labels(tmp_path: Path) -> None:
    made = labels('label,path,group,reference_label\n2,"a,b.png",x,0\n0, b.png ,y,0\n', tmp_path)
    assert made.samples.class_names == ("0", "1", "2")  # numbers count through the columns of probabilities
    assert made.samples.given.tolist() == [2, 0]
    assert made.samples.path.tolist() == ["a,b.png", "b.png"]
    assert made.ids is None
    assert made.samples.reference is not None
    assert made.samples.group is not None
    named = labels("label\n1\nno\n", tmp_path, 2, classes=["no", "yes"])
    assert named.samples.given.tolist() == [1, 0]
    tab = labels("path\tlabel\na\tno\nb\tyes\n", tmp_path, None, separator="tab")
    assert tab.samples.class_names == ("no", "yes")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("label\ncat\n", "all labels in .* are 'cat'"),
        ("label\ncat\ndog\n", r"has 2 classes \(cat, dog\), there are probabilities of 3"),
        ("id,label\nA,cat\n\nB,\n", "line 4, column label: the value is empty"),
        ("id,label\nA,a\n\nA,b\nC,c\n", "line 4, column id: 'A' was named before, in line 2"),
        ("path,label\nx,a\nx,b\ny,c\n", "line 3, column path: 'x' was named before, in line 2"),
        ("path;label\nx;a\n", "looks separated by semicolons"),
        (b"path,label\nx,caf\xe9\n", "line 2: byte .* is not UTF-8"),
        ("path,lable\nx,a\n", "no column label.*Did you mean 'lable'"),
        ("path,label\nx,a,b\n", "line 2: 3 values"),
    ],
)
def test_labels_that_are_refused(text: str | bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        labels(text, tmp_path)


def test_an_unknown_label_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"line 3, column label: unknown label 'pneumona'.*Did you mean 'pneumonia'"):
        labels("label\nnormal\npneumona\n", tmp_path, 2, classes=["normal", "pneumonia"])


def test_paths_stay_inside(tmp_path: Path) -> None:
    root = tmp_path / "photos"
    text = "path,label\n{}a.png,a\nb/../c.png,b\n"
    made = labels(text.format(f"{root}/x/"), tmp_path, None)
    assert made.inside(root) == ["x/a.png", "c.png"]
    for outside in ("../", "/etc/", "x/../../"):
        with pytest.raises(InputError, match=r"row 1: .* lies outside"):
            labels(text.format(outside), tmp_path, None).inside(root)
    with pytest.raises(InputError, match="no column with the paths"):
        labels("label\na\nb\n", tmp_path, None).inside(root)

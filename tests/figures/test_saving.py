import subprocess
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image

from alc.figures import label_accuracy, noise_confusion, save_figure


def test_png_and_pdf_are_written_and_nothing_else(tmp_path: Path) -> None:
    stem = tmp_path / "new" / "noise.of.0"
    paths = save_figure(noise_confusion(np.array([[3, 1], [0, 4]])), stem)
    assert [path.name for path in paths] == ["noise.of.0.png", "noise.of.0.pdf"]
    assert sorted(stem.parent.iterdir()) == sorted(paths)
    assert paths[1].read_bytes().startswith(b"%PDF-")
    assert b"CreationDate" not in paths[1].read_bytes()
    with Image.open(paths[0]) as image:
        assert image.info["dpi"] == pytest.approx((150, 150), abs=0.1)
        assert "Software" not in image.info


def test_same_input_gives_the_same_bytes(tmp_path: Path, curves: pd.DataFrame) -> None:
    def drawn() -> Figure:
        return label_accuracy(curves, {"random": 0.775, "joint": 0.81}, 20, 0.75)

    figure = drawn()
    files = [[path.read_bytes() for path in save_figure(each, tmp_path / "x")] for each in (figure, figure, drawn())]
    assert files[0] == files[1]
    assert files[0] == files[2]


def test_the_readers_own_settings_change_nothing(tmp_path: Path) -> None:
    def drawn(name: str) -> list[bytes]:
        return [path.read_bytes() for path in save_figure(noise_confusion(np.array([[3, 1], [0, 4]])), tmp_path / name)]

    plain = drawn("plain")
    with matplotlib.rc_context({"font.size": 20, "axes.titlesize": 30, "pdf.fonttype": 3}):
        assert drawn("own") == plain
        assert matplotlib.rcParams["font.size"] == 20


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figure = noise_confusion(np.array([[3, 1], [0, 4]]))
    paths = save_figure(figure, tmp_path / "noise")
    before = [path.read_bytes() for path in paths]

    def half_written(_: Figure, path: Path, **__: object) -> None:
        path.write_bytes(b"half")
        raise OSError("no space left")

    monkeypatch.setattr(Figure, "savefig", half_written)
    with pytest.raises(OSError, match="no space"):
        save_figure(figure, tmp_path / "noise")
    assert sorted(tmp_path.iterdir()) == sorted(paths)
    assert [path.read_bytes() for path in paths] == before


def test_importing_figures_is_light_and_drawing_leaves_pyplot_alone() -> None:
    program = (
        "import sys; import alc.figures as f; assert not {'matplotlib', 'pandas', 'torch'} & set(sys.modules);"
        "f.noise_confusion([[3, 1], [0, 4]]); assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)

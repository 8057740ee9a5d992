"""Figures show themselves in a notebook, without pyplot."""

import io
import subprocess
import sys
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from PIL import Image

from alc.figures import label_accuracy

PROGRAM = """
import sys
import pandas as pd
from IPython.core.interactiveshell import InteractiveShell
from alc.figures.canvas import new_figure
shell = InteractiveShell.instance()
data, _ = shell.display_formatter.format(new_figure(2, 1))
assert data["image/png"], data
assert "matplotlib.pyplot" not in sys.modules
"""


def test_a_figure_is_its_picture() -> None:
    columns = ["selector", "annotations", "metric", "mean", "low", "high", "seeds"]
    curves = pd.DataFrame(
        [["random", n, "label_accuracy", 0.8 + n / 100, 0.8, 1.0, 3] for n in range(5)], columns=columns
    )
    figure = label_accuracy(curves, {"random": 0.82}, num_samples=100, initial=0.8)
    assert isinstance(figure, Figure)
    picture: Any = figure
    image = Image.open(io.BytesIO(picture._repr_png_()))
    width, height = (round(inches * figure.dpi) for inches in figure.get_size_inches())
    assert abs(image.width - width) <= 1
    assert abs(image.height - height) <= 1


def test_a_notebook_shows_it_without_being_told() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

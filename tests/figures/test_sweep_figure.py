"""The figure of a sweep: a panel per setting, a line per selector."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from alc.errors import InputError
from alc.figures import sweep_accuracy
from alc.figures.palette import line_looks
from alc.figures.sweep import MOST_PANELS


def table(*selectors: str, seeds: int = 1, last: int = 4) -> pd.DataFrame:
    """Accuracy that rises the faster the earlier a selector is named."""
    grid = np.arange(last + 1)
    parts = []
    for place, selector in enumerate(selectors):
        mean = 0.6 + 0.4 * grid / last / (place + 1)
        columns = {"mean": mean, "low": mean - 0.01, "high": mean, "seeds": seeds}
        parts.append(pd.DataFrame({"selector": selector, "annotations": grid, "metric": "label_accuracy", **columns}))
    return pd.concat(parts, ignore_index=True)


def test_each_setting_has_its_panel_and_each_selector_its_line() -> None:
    panels = {"rate = 0.1": table("joint", "random"), "rate = 0.2": table("joint", "mine", "random", last=9)}
    figure = sweep_accuracy(panels, "4 points of 2 trainings", title="A sweep")
    first, second, *rest = figure.axes
    assert not [axes for axes in rest if axes.axison]
    assert [axes.get_title(loc="left") for axes in (first, second)] == list(panels)
    assert [len(axes.lines) for axes in (first, second)] == [2, 3]
    assert np.asarray(first.lines[0].get_ydata(), dtype=float).tolist() == pytest.approx([60, 70, 80, 90, 100])
    assert [axes.get_xlim()[1] for axes in (first, second)] == [4, 9]
    assert first.get_ylim() == second.get_ylim()
    looks = line_looks(["joint", "random", "mine"])
    assert to_hex(second.lines[1].get_color()).upper() == looks["mine"].colour
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["joint", "mine", "random"]
    assert figure.get_suptitle() == "A sweep\n4 points of 2 trainings"


def test_nothing_overlaps_below_the_axes() -> None:
    figure = sweep_accuracy({f"rate = {rate}": table("joint", "random") for rate in range(5)}, "5 points")
    figure.draw_without_rendering()
    top = figure.legends[0].get_window_extent().y1
    for axes in figure.axes[:5]:
        assert axes.get_tightbbox().y0 >= top  # type: ignore[union-attr]


def test_too_many_panels_are_refused() -> None:
    with pytest.raises(InputError, match="13 panels"):
        sweep_accuracy({str(i): table("random") for i in range(MOST_PANELS + 1)}, "")
    with pytest.raises(InputError, match="0 panels"):
        sweep_accuracy({}, "")

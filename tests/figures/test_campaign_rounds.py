"""The figure of a campaign."""

import pandas as pd
import pytest

from alc.errors import InputError
from alc.figures import campaign_rounds

ROUNDS = pd.DataFrame(
    {
        "answers": [20, 45],
        "settled": [12, 30],
        "changed": [5, 9],
        "audited": [0, 4],
        "error": [float("nan"), 0.25],
        "error_lower": [0.0, 0.01],
        "error_upper": [1.0, 0.8],
        "target": [0.05, 0.05],
    }
)


def test_both_panels_show_the_numbers() -> None:
    figure = campaign_rounds(ROUNDS, title="camp")
    left, right = figure.axes
    lines = {str(line.get_label()): list(line.get_ydata()) for line in left.lines}  # type: ignore[arg-type] # arrays
    assert lines["settled"] == [0, 12, 30]
    assert lines["changed"] == [0, 5, 9]
    assert right.get_ylim()[1] > 80
    heading = figure.get_suptitle()
    assert "30 samples settled, 9 labels changed" in " ".join(heading.split())
    assert "25.0 % of labels wrong" in " ".join(heading.split())


def test_a_campaign_without_an_audit() -> None:
    figure = campaign_rounds(ROUNDS[["answers", "settled", "changed"]])
    assert any(text.get_text() == "No audit" for text in figure.axes[1].texts)
    with pytest.raises(InputError, match="lacks changed"):
        campaign_rounds(ROUNDS[["answers", "settled"]])
    with pytest.raises(InputError, match="no rows"):
        campaign_rounds(ROUNDS.iloc[:0])

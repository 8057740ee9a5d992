import numpy as np
import pandas as pd
import pytest
from matplotlib.container import ErrorbarContainer

from alc.errors import InputError
from alc.figures import model_choice

STATES = ("noisy", "cleaned 10%", "true")


def scores(seeds: int = 3) -> pd.DataFrame:
    rows: list[dict[str, object]] = []
    for model, start, end in (("robust", 0.45, 0.73), ("plain_but_long_of_name", 0.47, 0.69)):
        for state, value in zip(STATES, (start, (start + end) / 2, end), strict=True):
            rows += [
                {
                    "labels": state,
                    "seed": None if state == "true" else seed,
                    "model": model,
                    "score": value + 0.01 * seed,
                }
                for seed in range(1 if state == "true" else seeds)
            ]
    return pd.DataFrame(rows)


def test_it_draws_scores_and_leads() -> None:
    figure = model_choice(scores(), title="synthetic")
    left, right = figure.axes
    lines = [[bar.lines[0] for bar in axes.containers if isinstance(bar, ErrorbarContainer)] for axes in (left, right)]
    robust, plain = ([np.asarray(line.get_ydata(), dtype=float) for line in panel] for panel in lines)
    np.testing.assert_allclose(robust[0], [46, 60, 73])  # first in the true order, in percent
    np.testing.assert_allclose(robust[1], [48, 59, 69])
    np.testing.assert_allclose(plain[0], [0, 0, 0], atol=1e-9)
    np.testing.assert_allclose(plain[1], [2, -1, -4], atol=1e-9)
    assert right.get_yscale() == "symlog"
    low, high = right.get_ylim()
    assert low < -4
    assert high > 2
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["1. robust", "2. plain_but_long_of_name"]
    assert [text.get_text() for text in left.get_xticklabels()] == ["noisy", "cleaned\n10%", "true"]
    assert figure.get_suptitle() == "synthetic\nMean and standard deviation of 3 label initialisations"


def test_one_initialisation_and_another_metric() -> None:
    figure = model_choice(scores(1), metric="log_likelihood")
    assert figure.axes[0].get_ylabel() == "Log likelihood (log C)"
    assert figure.axes[1].get_yscale() == "linear"
    assert figure.get_suptitle() == "1 label initialisation"


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (scores().drop(columns="seed"), "lacks seed"),
        (scores()[scores()["labels"] != "true"], "no true ones"),
        (scores().drop(index=[0]), "lacks model 'robust'"),
    ],
)
def test_tables_that_can_not_be_drawn(table: pd.DataFrame, words: str) -> None:
    with pytest.raises(InputError, match=words):
        model_choice(table)

"""Annotators who answer once, on the command line."""

import json
from pathlib import Path

import pandas as pd
import pytest

from tests.integration.commands import SIMULATE, alc, only, without_figures

ORDERS = ["selector=oracle_once", "budget.annotations=200", "annotator=confusion"]
"""Nothing here needs a training."""


def test_people_answer_once_and_the_summary_says_what_is_open(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_figures(monkeypatch)
    done = alc("simulate", *SIMULATE, *ORDERS, "annotator.accuracy=[0.6,0.9]", "annotator.abstention=0.2")
    assert done.code == 0, done.err
    run = only(folder, "runs/simulate/*")
    events = pd.read_parquet(run / "trajectory.parquet")
    per_sample = events.groupby(["selector", "seed", "sample_id"])
    assert per_sample.size().max() == 2  # there are two people
    ends = per_sample["resolved"].last()
    summary = json.loads((run / "summary.json").read_text())["selectors"]
    for selector in ("random", "oracle_once"):
        assert summary[selector]["unresolved"] == (~ends[selector]).sum() > 0
        assert summary[selector]["exhausted"] == 2
        assert "expected_area" not in summary[selector]  # there is no closed law of their answers


def test_what_can_not_be_is_refused_before_anything_is_trained(folder: Path) -> None:
    done = alc("simulate", *SIMULATE, "annotator=confusion")
    done.refused("selector=oracle", "answer it once", "oracle_once")
    done = alc("simulate", *SIMULATE, "annotator=recorded", "selector=[cross_entropy,oracle_once]")
    done.refused("these data have none", "data=cifar10n", "annotator=label_distribution")
    done = alc("simulate", *SIMULATE, *ORDERS, "selector=joint", "annotator.accuracy=null")
    done.refused("annotator.accuracy or annotator.confusion")
    assert not list(folder.glob("runs/train/*"))

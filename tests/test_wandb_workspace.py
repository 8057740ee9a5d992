"""The dashboard asks for names that are logged, and tells how to install what it needs."""

import json
import re
import runpy
import sys
from pathlib import Path
from typing import Any

import pytest

from alc.tracking.names import ANNOTATIONS, EPOCH, METRICS

SCRIPT = Path(__file__).parents[1] / "experiments" / "wandb_workspace.py"


@pytest.fixture
def script() -> dict[str, Any]:
    return runpy.run_path(str(SCRIPT))


def test_every_metric_has_a_panel(script: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "workspace.json"
    assert script["main"](["--out", str(file), "--selectors", "random", "bald"]) == 0
    sections = json.loads(file.read_text())["spec"]["section"]["panelBankConfig"]["sections"]
    panels = [panel for section in sections for panel in section["panels"]]
    lines = [panel["config"] for panel in panels if panel["viewType"] == "Run History Line Plot"]
    for metric in METRICS:
        name = metric.name.replace("<selector>", "bald").replace("<percent>", "90")
        found = [line["xAxis"] for line in lines if re.search(line["metricRegex"], name)]
        assert found == ([metric.axis] if metric.axis else []), name
        if not metric.axis:
            (bar,) = [panel["config"] for panel in panels if name in panel["config"].get("metrics", [])]
            assert bar["metrics"] == ([name] if name == metric.name else [name.replace("bald", "random"), name])
    assert "samples/most_suspicious" in file.read_text()


def test_patterns_match_several_trainings_and_nothing_else(script: dict[str, Any]) -> None:
    loss = script["pattern"](next(metric for metric in METRICS if metric.axis == EPOCH))
    assert all(re.search(loss, name) for name in ("train/loss", "train/loss/fold_0"))
    assert not re.search(loss, "train/loss_of_another")
    accuracy = script["pattern"](next(metric for metric in METRICS if metric.axis == ANNOTATIONS))
    assert re.search(accuracy, "cleaning/label_accuracy/joint_released")
    assert not re.search(accuracy, "cleaning/expected_label_accuracy/joint")


def test_without_the_extra_it_says_what_to_type(
    script: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "wandb_workspaces.workspaces", None)
    assert script["main"](["--entity", "somebody"]) == 2
    assert "pip install -e '.[dashboards]'" in capsys.readouterr().err

"""The default data, real digits: both ways of obtaining posteriors, for one epoch."""

import json
from pathlib import Path

import pytest

from alc.posteriors import Posteriors
from tests.integration.commands import NETWORK, alc, only, without_figures


@pytest.mark.parametrize("protocol", ["in_sample", "cross_fit"])
def test_digits_for_one_epoch(folder: Path, monkeypatch: pytest.MonkeyPatch, protocol: str) -> None:
    without_figures(monkeypatch)
    folds = ["posteriors.num_folds=2"] if protocol == "cross_fit" else []
    done = alc(
        "simulate", f"posteriors={protocol}", "trainer.max_epochs=1", "simulation.seeds=2", "simulation.top=4",
        "budget.annotations=300", *folds, *NETWORK,
    )  # fmt: skip
    assert done.code == 0, done.err
    posteriors = Posteriors.load(only(folder, "runs/train/*/posteriors.npz"))
    assert posteriors.protocol == protocol
    assert posteriors.probs.shape == (1, 1438, 10)
    summary = json.loads(only(folder, "runs/simulate/*/summary.json").read_text())
    assert summary["noise"]["realised"] == pytest.approx(0.2, abs=0.001)
    areas = {name: entry["area"]["mean"] for name, entry in summary["selectors"].items()}
    assert areas["oracle"] > areas["random"]
    assert "Warning" not in done.err

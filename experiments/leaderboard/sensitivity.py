"""How much the constants of posterior fusion matter: one at a time, everything else as it is.

    python -m experiments.leaderboard.sensitivity RUN --data DATA   # RUN: a finished training on cifar10h_paper
    python -m experiments.leaderboard.sensitivity                   # draws again from sensitivity.csv

Each value is the centre of a prior, which the answers then move, or, in the lower row, taken as it is
(``estimate=fixed``).  Area and start of least fused confidence, adaptive stopping, two annotator panels.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from alc.adjudication import Adaptive
from alc.annotators.label_distribution import LabelDistributionAnnotator
from alc.consensus.posterior_fusion import Estimate, PosteriorFusion
from alc.posteriors import Posteriors
from alc.samples import SampleTable
from alc.seeding import stream
from alc.selection.fused import least_fused_confidence
from alc.simulation.opinion import FusedOpinion
from alc.simulation.queue import simulate_queue
from alc.sources.cifar10h import find_counts, read_counts

HERE = Path(__file__).parent
BUDGET, PANELS = 3074, 2
VALUES: dict[str, list[float]] = {
    "temperature": [0.5, 0.75, 1.0, 1.5],
    "given_reliability": [0.75, 0.87, 0.95],
    "reliability": [0.9, 0.97, 0.99],
    "spread": [0.3, 0.6, 0.9],
    "intercept": [-5.0, -3.0, -1.0],
    "floor": [0.003, 0.01, 0.03],
}
"""The middle or named default of each is what conf/consensus/posterior_fusion.yaml has; of pairs the clear level."""


def fusion(name: str, value: float, estimate: Estimate) -> PosteriorFusion:
    """The fusion with one constant changed."""
    base = PosteriorFusion(estimate=estimate)
    if name in {"reliability", "given_reliability"}:
        return replace(base, **{name: (value, getattr(base, name)[1])})  # type: ignore[arg-type]
    return replace(base, **{name: value})  # type: ignore[arg-type]


def measured(run: Path, data: Path) -> pd.DataFrame:
    """One row per constant, value and way of taking it."""
    posteriors, samples = Posteriors.load(run / "posteriors.npz"), SampleTable.load(run / "samples.parquet")
    votes = read_counts(find_counts(str(data), download=False)).counts[samples.sample_id]
    annotator = LabelDistributionAnnotator(votes / votes.sum(axis=1, keepdims=True), samples.sample_id, 0)
    truth, rows = votes.argmax(axis=1), []
    for name, values in VALUES.items():
        for value in values:
            for estimate in ("likelihood", "fixed"):
                curves = []
                for seed in range(PANELS):
                    opinion = FusedOpinion(fusion(name, value, estimate), posteriors, samples.given, start="fused")
                    changes = simulate_queue(
                        None,
                        least_fused_confidence,
                        opinion,
                        annotator.reseeded(seed),
                        budget=BUDGET,
                        adjudication=Adaptive(),
                        tie=stream(seed, "ties").random(len(truth)),
                    )
                    curves.append(changes.label_accuracy(truth))
                mean = np.mean(curves, axis=0)
                row = {"constant": name, "value": value, "estimate": estimate}
                rows.append(row | {"area": mean[:-1].mean(), "start": mean[0], "end": mean[-1]})
                print(json.dumps(rows[-1]), flush=True)
    return pd.DataFrame(rows)


def drawn(table: pd.DataFrame) -> None:
    """One panel per constant; estimated above, taken as it is below."""
    names = list(VALUES)
    figure = Figure(figsize=(11, 4.6), layout="constrained")
    axes = figure.subplots(2, len(names), sharey=True)
    for column, name in enumerate(names):
        for axis, estimate in zip(axes[:, column], ("likelihood", "fixed"), strict=True):
            part = table[(table["constant"] == name) & (table["estimate"] == estimate)]
            axis.plot(part["value"], part["area"], "o-", ms=4, label="area")
            axis.plot(part["value"], part["start"], "s--", ms=3, color="0.5", label="labels right at the start")
            axis.set_title(name if estimate == "likelihood" else "", fontsize=9)
            axis.spines[["top", "right"]].set_visible(False)
            axis.grid(axis="y", alpha=0.3)
    axes[0, 0].set_ylabel("centre of a prior")
    axes[1, 0].set_ylabel("taken as it is")
    axes[0, 0].legend(frameon=False, fontsize=7)
    figure.savefig(HERE / "sensitivity.png", dpi=130)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, nargs="?")
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder with cifar10h-counts.npy")
    arguments = parser.parse_args()
    if arguments.run:
        measured(arguments.run, arguments.data).to_csv(HERE / "sensitivity.csv", index=False, float_format="%.5g")
    drawn(pd.read_csv(HERE / "sensitivity.csv"))


if __name__ == "__main__":
    main()

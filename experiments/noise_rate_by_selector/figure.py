"""Noise rate by selector, from the finished simulations of the recipes beside it; nothing is trained here.

python -m experiments.noise_rate_by_selector.figure --runs runs    # reads simulations, rewrites everything here
python -m experiments.noise_rate_by_selector.figure                # draws again from the files here
"""

from pathlib import Path

import numpy as np
import pandas as pd

from alc.figures import save_figure
from alc.figures.sweep import sweep_accuracy
from experiments.collected import Simulation, markdown, runs_folder, simulations

HERE = Path(__file__).parent
DRAWN = ("oracle", "cross_entropy", "joint", "entropy", "random")


def setting(run: Simulation) -> tuple[str, float]:
    """Which of the two recipes, and the temperature or rate."""
    noise = run.config["noise"]
    return ("human", float(noise["temperature"])) if "temperature" in noise else ("digits", float(noise["rate"]))


def collected(runs: Path) -> None:
    """Write summary.csv, curves.csv and the posteriors of the human noise."""
    rows, curves = [], []
    for run in simulations(runs, HERE):
        data, value = setting(run)
        start = 1 - run.summary["noise"]["realised"]
        seed = int(run.config["seeds"]["train"])
        rows += [{"data": data, "noise": value, "seed": seed, "start": start, **row} for row in run.rows()]
        if data == "human":
            curves.append(run.curves("label_accuracy").assign(noise=value))
            run.posteriors.save(HERE / f"posteriors_{value:g}.npz", dtype=np.float16)
    keys = ["data", "noise", "selector", "seed"]
    table = pd.DataFrame(rows).drop_duplicates(keys).sort_values(keys)  # random stands beside every selector
    table.to_csv(HERE / "summary.csv", index=False, float_format="%.6g")
    pd.concat(curves).to_csv(HERE / "curves.csv", index=False, float_format="%.5g")


def drawn() -> None:
    """A panel per temperature."""
    curves = pd.read_csv(HERE / "curves.csv").query("selector in @DRAWN")
    panels = {f"temperature {value:g}": group.drop(columns="noise") for value, group in curves.groupby("noise")}
    facts = "N = 5,000, four annotations per wrong label, bands over 20 annotator panels"
    figure = sweep_accuracy(panels, facts, title="CIFAR-10H, labels drawn from human histograms")
    _, pdf = save_figure(figure, HERE / "label_accuracy")
    pdf.unlink()


def shown(data: str) -> pd.DataFrame:
    """The README's table: area by noise and selector, mean ± standard deviation where there are several trainings."""
    table = pd.read_csv(HERE / "summary.csv").query("data == @data")
    cells: dict[str, dict[str, str]] = {}
    for (noise, selector), group in table.groupby(["noise", "selector"]):
        spread = f" ± {group['area'].std():.4f}" if len(group) > 1 else ""
        cells.setdefault(str(selector), {})[f"{noise:g}"] = f"{group['area'].mean():.4f}{spread}"
    wide = pd.DataFrame(cells).T.sort_index()
    starts = table.groupby("noise")["start"].mean()
    wide.columns = pd.Index([f"{noise:g} ({starts[noise]:.1%} right)" for noise in sorted(starts.index)])
    return wide.rename_axis("selector").reset_index()


def main() -> None:
    if (runs := runs_folder(__doc__)) is not None:
        collected(runs)
    drawn()
    for data in ("human", "digits"):
        print(markdown(shown(data)), end="\n\n")


if __name__ == "__main__":
    main()

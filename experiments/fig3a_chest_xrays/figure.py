"""Fig. 3a from the finished simulations of the recipe beside it; nothing is trained here.

    python -m experiments.fig3a_chest_xrays.figure --runs runs    # reads simulations, rewrites everything here
    python -m experiments.fig3a_chest_xrays.figure                # draws again from the files here

The picture shows the first training seed; the table is of all.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from alc.figures import label_accuracy, save_figure
from experiments.collected import Simulation, markdown, runs_folder, simulations

HERE = Path(__file__).parent
NAMES = {"CrossEntropy": "vanilla", "CoTeaching": "co-teaching"}
MODEL_FREE, SAMPLES = ("random", "oracle"), 3882


def model(run: Simulation) -> str:
    """What the figure calls it."""
    if run.config["posteriors_from"] != "auto":
        return "vanilla, clean labels"
    return "SSL + co-teaching" if run.config.get("ssl") else NAMES[run.method]


def collected(runs: Path) -> None:
    """Write summary.csv, curves.csv and the posteriors of every training."""
    rows, curves = [], []
    for run in simulations(runs, HERE):
        name, seed = model(run), int(run.config["seeds"]["train"])
        run.posteriors.save(
            HERE / f"posteriors_{name.replace(', ', '_').replace(' ', '')}_{seed}.npz", dtype=np.float16
        )
        table = run.curves("label_accuracy")
        for row in run.rows(0.95):
            if row["selector"] in MODEL_FREE and (name, seed) != ("vanilla", 0):
                continue
            shown = row["selector"] if row["selector"] in MODEL_FREE else name
            rows.append({"model": shown, "seed": seed, **row})
            if seed == 0:
                curves.append(table[table["selector"] == row["selector"]].assign(selector=shown))
        print(f"{name}, seed {seed}: {run.manifest.wall_seconds / 60:.1f} minutes")
    table = pd.DataFrame(rows).sort_values(["model", "seed"])
    table.to_csv(HERE / "summary.csv", index=False, float_format="%.6g")
    pd.concat(curves).to_csv(HERE / "curves.csv", index=False, float_format="%.5g")


def drawn() -> None:
    """The picture."""
    summary = pd.read_csv(HERE / "summary.csv").query("seed == 0")
    curves = pd.read_csv(HERE / "curves.csv")
    start = curves.query("annotations == 0")["mean"].iloc[0]
    areas = {str(row["model"]): float(row["area"]) for _, row in summary.iterrows()}
    title = "PneumoniaMNIST with the class-wise noise of NoisyCXR"
    _, pdf = save_figure(label_accuracy(curves, areas, SAMPLES, float(start), title=title), HERE / "label_accuracy")
    pdf.unlink()


def shown() -> pd.DataFrame:
    """The README's table: mean and standard deviation over training seeds."""
    summary = pd.read_csv(HERE / "summary.csv")
    rows = []
    for name, group in summary.groupby("model"):
        area, reached = (group[column] for column in ("area", "annotations_to_95"))
        spread = f" ± {area.std():.4f}" if len(group) > 1 else ""
        rows.append(
            {
                "model": name,
                "area": f"{area.mean():.4f}{spread}",
                "correct at the end": f"{group['correct_at_the_end'].mean():.1%}",
                "annotations to 95 %": f"{reached.mean():,.0f}" if reached.notna().all() else "not reached",
                "seeds": len(group),
            }
        )
    return pd.DataFrame(rows).sort_values("area", ascending=False)


def main() -> None:
    if (runs := runs_folder(__doc__)) is not None:
        collected(runs)
    drawn()
    print(markdown(shown()))


if __name__ == "__main__":
    main()

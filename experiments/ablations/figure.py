"""The ablations from the finished simulations of the recipes beside it; nothing is trained here.

    python -m experiments.ablations.figure --runs runs    # reads simulations, rewrites everything here
    python -m experiments.ablations.figure                # draws again from the files here

One picture of BALD beside the paper's score on the same posteriors, one of the clear and ambiguous errors left, and
one of model updates.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from alc.figures import label_accuracy, remaining_errors, save_figure
from experiments.collected import Simulation, markdown, runs_folder, simulations

HERE = Path(__file__).parent
KEPT = ("label_accuracy", "remaining_clear", "remaining_ambiguous")
SAMPLES = 5000
SCORES = {"cross_entropy": "CE", "joint_released": "CE less entropy above 0.30", "joint": "CE less entropy"}


def study(run: Simulation) -> str:
    """Which ablation a simulation belongs to."""
    return "bald" if "bald" in run.config["selector"] else "updates"


def update(run: Simulation) -> str:
    """How the model is refreshed."""
    refresh = run.config.get("refresh") or {}
    if refresh.get("start") == "current":
        return f"fine-tuned, {refresh['epochs']} epochs"
    return "from scratch" if refresh else "never"


def collected(runs: Path) -> None:
    """Write summary.csv, curves.csv, trajectories of the updates and the dropout posteriors."""
    rows, curves, events = [], [], []
    for run in simulations(runs, HERE):
        table = run.curves(*KEPT)
        for row in run.rows():
            name = row["selector"]
            if study(run) == "updates" and name != "random":
                name = f"model updated {update(run)}"
            if study(run) == "updates" and name == "random" and update(run) != "never":
                continue
            left = table.query("selector == @row['selector'] and metric == 'remaining_clear'")["mean"].iloc[-1]
            rows.append({"study": study(run), "name": name, **row, "clear_errors_left": left})
            curves.append(table[table["selector"] == row["selector"]].assign(study=study(run), selector=name))
        if study(run) == "bald":
            run.posteriors.save(HERE / "posteriors_dropout.npz", dtype=np.float16)
        else:
            bought = pd.read_parquet(run.path / "trajectory.parquet").query("selector != 'random'")
            kept = bought[["seed", "step", "sample_id", "label_after"]].assign(update=update(run))
            events.append(
                kept.astype({"seed": np.int8, "step": np.int16, "sample_id": np.int16, "label_after": np.int8})
            )
        print(f"{study(run)} {update(run)}: {run.manifest.wall_seconds / 60:.1f} minutes")
    table = pd.DataFrame(rows).sort_values(["study", "area"], ascending=[True, False])
    table.to_csv(HERE / "summary.csv", index=False, float_format="%.6g")
    pd.concat(curves).to_csv(HERE / "curves.csv", index=False, float_format="%.5g")
    pd.concat(events).to_parquet(HERE / "updates.parquet", index=False, compression="zstd")


def drawn() -> None:
    """The pictures."""
    summary, curves = pd.read_csv(HERE / "summary.csv"), pd.read_csv(HERE / "curves.csv")
    for name, title in (
        ("bald", "CIFAR-10H, MC-dropout posteriors"),
        ("updates", "CIFAR-10H, models updated while cleaning"),
    ):
        table = curves.query("study == @name").drop(columns="study")
        start = table.query("metric == 'label_accuracy' and annotations == 0")["mean"].iloc[0]
        chosen = summary.query("study == @name")
        areas = dict(zip(chosen["name"], chosen["area"], strict=True))
        figures = {name: label_accuracy(table, areas, SAMPLES, float(start), title=title)}
        if name == "bald":
            figures["bald_errors"] = remaining_errors(table, title=title)
        for stem, figure in figures.items():
            _, pdf = save_figure(figure, HERE / stem)
            pdf.unlink()


def shown(name: str) -> pd.DataFrame:
    """The README's table of one study."""
    if name == "entropy":
        return entropy()
    table = pd.read_csv(HERE / "summary.csv").query("study == @name")
    return pd.DataFrame(
        {
            "": table["name"],
            "area": [f"{area:.4f} ± {std:.4f}" for area, std in zip(table["area"], table["area_std"], strict=True)],
            "correct at the end": [f"{value:.1%}" for value in table["correct_at_the_end"]],
            "annotations to 90 %": [f"{value:,.0f}" for value in table["annotations_to_90"]],
            "clear errors left": [f"{value:.0f}" for value in table["clear_errors_left"]],
        }
    )


def entropy() -> pd.DataFrame:
    """Exact expected areas with no entropy subtracted, what exceeds 0.30 of it, and all of it."""
    numbers = pd.read_csv(HERE.parent / "fig3b_models" / "expected.csv").set_index("quantity")["expected"]
    rows = []
    for temperature in (2, 10):
        for model, told in (("vanilla", "cross-entropy"), ("coteaching", "co-teaching"), ("elr", "ELR")):
            areas = {score: numbers[f"T={temperature} {model} {score} area"] for score in SCORES}
            rows.append({"T": temperature, "model": told, **{SCORES[score]: f"{areas[score]:.4f}" for score in SCORES}})
    return pd.DataFrame(rows)


def main() -> None:
    if (runs := runs_folder(__doc__)) is not None:
        collected(runs)
    drawn()
    for name in ("entropy", "bald", "updates"):
        print(markdown(shown(name)), end="\n\n")


if __name__ == "__main__":
    main()

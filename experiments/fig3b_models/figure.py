"""Fig. 3b with three models, from the finished simulations of the recipe beside it; nothing is trained here.

    python -m experiments.fig3b_models.figure --runs runs    # reads simulations, rewrites everything here
    python -m experiments.fig3b_models.figure                # draws again from the files here

One picture per noise temperature: random, the oracle, and the score ``cross_entropy`` of every model; behind those of
temperature 2 the paper's curves, digitised from its vector figure, with its score and its models.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from alc.figures import label_accuracy, save_figure
from experiments.collected import runs_folder, simulations

HERE = Path(__file__).parent
MODELS = {"CrossEntropy": "vanilla", "CoTeaching": "coteaching", "EarlyLearning": "elr"}
SCORE, MODEL_FREE = "cross_entropy", ("random", "oracle")
KEPT = ("label_accuracy", "remaining_clear")


def collected(runs: Path) -> None:
    """Write summary.csv, curves.csv and the posteriors of every model."""
    rows: list[dict[str, Any]] = []
    curves: list[pd.DataFrame] = []
    for run in simulations(runs, HERE):
        temperature, model = float(run.config["noise"]["temperature"]), MODELS[run.method]
        table = run.curves(*KEPT)
        for row in run.rows():
            selector = row["selector"]
            if selector in MODEL_FREE and model != "vanilla":
                continue
            rows.append({"temperature": temperature, "model": "" if selector in MODEL_FREE else model, **row})
            if selector in (SCORE, *MODEL_FREE):
                name = model if selector == SCORE else selector
                curves.append(table[table["selector"] == selector].assign(selector=name, temperature=temperature))
        run.posteriors.save(HERE / f"posteriors_{model}_{temperature:g}.npz", dtype=np.float16)
        print(f"{model}, temperature {temperature:g}: {run.manifest.wall_seconds / 60:.1f} minutes")
    keys = ["temperature", "selector", "model"]
    pd.DataFrame(rows).sort_values(keys).to_csv(HERE / "summary.csv", index=False, float_format="%.6g")
    pd.concat(curves).to_csv(HERE / "curves.csv", index=False, float_format="%.5g")


def drawn(temperature: float) -> None:
    """One picture."""
    curves = pd.read_csv(HERE / "curves.csv").query("temperature == @temperature")
    summary = pd.read_csv(HERE / "summary.csv", keep_default_na=False).query("temperature == @temperature")
    chosen = summary[summary["selector"].isin([SCORE, *MODEL_FREE])]
    areas = {row["model"] or row["selector"]: float(row["area"]) for _, row in chosen.iterrows()}
    start = curves.query("metric == 'label_accuracy' and annotations == 0")["mean"].iloc[0]
    published = HERE.parent / "fig3b_cifar10h" / "published.csv"
    figure = label_accuracy(
        curves,
        areas,
        5000,
        float(start),
        title=f"CIFAR-10H, temperature {temperature:g}" + ("; dotted: the paper's Fig. 3b" if temperature == 2 else ""),
        published=pd.read_csv(published) if temperature == 2 else None,
    )
    _, pdf = save_figure(figure, HERE / f"label_accuracy_{temperature:g}")
    pdf.unlink()


def rows(summary: pd.DataFrame) -> Iterator[str]:
    """The table in Markdown."""
    yield "| T | model | selector | area | correct at the end | annotations to 90 % | saving |"
    yield "|---|---|---|---|---|---|---|"
    for _, row in summary.sort_values(["temperature", "area"], ascending=[True, False]).iterrows():
        reached, saved = float(row["annotations_to_90"]), float(row["saving_at_90"])
        level = f"{reached:,.0f}" if np.isfinite(reached) else "not reached"
        saving = f"{saved:.1f}x" if np.isfinite(saved) else ""
        area = f"{row['area']:.4f} ± {row['area_std']:.4f}"
        model = {"coteaching": "co-teaching", "elr": "ELR", "vanilla": "cross-entropy"}.get(str(row["model"]), "")
        cells = [f"{row['temperature']:g}", model, str(row["selector"]), area, f"{row['correct_at_the_end']:.1%}"]
        yield f"| {' | '.join([*cells, level, saving])} |"


def main() -> None:
    if (runs := runs_folder(__doc__)) is not None:
        collected(runs)
    summary = pd.read_csv(HERE / "summary.csv", na_values={"annotations_to_90": ""}, keep_default_na=True)
    for temperature in sorted(summary["temperature"].unique()):
        drawn(float(temperature))
    print("\n".join(rows(summary)))


if __name__ == "__main__":
    main()

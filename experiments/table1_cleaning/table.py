"""Table 1 and its baselines from the finished runs of run.sh; nothing is trained here.

python -m experiments.table1_cleaning.table --runs runs    # reads the runs, rewrites results.csv and predictions.npz
python -m experiments.table1_cleaning.table                # prints the tables again from results.csv
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from alc.posteriors import Posteriors
from experiments.collected import markdown, runs_folder

HERE = Path(__file__).parent
ROWS = {
    "row1": ("vanilla, Eq. 2", "vanilla", "64.1 → 68.4"),
    "row2": ("vanilla, BALD", "vanilla", "64.1 → 68.3"),
    "row3": ("SSL, Eq. 2", "vanilla", "64.1 → 70.9"),
    "row4": ("SSL, Eq. 2", "SSL", "78.7 → 80.3"),
    "row5": ("vanilla, Eq. 2", "SSL", "78.7 → 79.4"),
    "row6": ("co-teaching, Eq. 2", "co-teaching", "66.5 → 68.8"),
    "row7": ("ELR, Eq. 2", "ELR", "67.0"),
    "random": ("random", "vanilla", ""),
    "argmax": ("relabelled by the model's argmax", "vanilla", ""),
    "argmax_all": ("all relabelled by the model's argmax", "vanilla", ""),
    "dropped": ("dropped", "vanilla", ""),
    "new": ("same budget on new images", "vanilla", ""),
}
"""Row -> what was done about the 1,635 samples, the classifier, and the paper's accuracy before and after."""
BOUNDS = {"row1": ("vanilla", "73.6"), "row4": ("SSL", "80.7")}


def collected(runs: Path) -> None:
    """Write results.csv, one line per row and seed, and the predictions behind it."""
    rows, predictions = [], {}
    for path in sorted(runs.glob("accuracy_*")):
        name, _, seed = path.name.removeprefix("accuracy_").rpartition("_")
        told = json.loads((path / "accuracy.json").read_text(encoding="utf-8"))
        labels, accuracy = told["labels"], told["accuracy"]
        rows.append(
            {
                "row": name,
                "seed": int(seed),
                **{
                    key: labels[key]
                    for key in ("annotations", "changed", "samples_after", "wrong_before", "wrong_after")
                },
                **accuracy,
            }
        )
        for when, run in told["runs"].items():
            probs = Posteriors.load(runs / run / "test_posteriors.npz").mean
            predictions[f"{name} {seed} {when}"] = probs.argmax(axis=1).astype(np.uint8)
    table = pd.DataFrame(rows)
    table["order"] = table["row"].map(list(ROWS).index)
    table = table.sort_values(["order", "seed"]).drop(columns="order")
    table.to_csv(HERE / "results.csv", index=False, float_format="%.6g")
    np.savez_compressed(HERE / "predictions.npz", **predictions)


def shown() -> pd.DataFrame:
    """The README's table: mean over seeds, the difference with its standard deviation over the pairs."""
    table, rows = pd.read_csv(HERE / "results.csv"), []
    for name, (done, classifier, paper) in ROWS.items():
        group = table[table["row"] == name]
        if group.empty:
            continue
        gain = 100 * (group["after"] - group["before"])
        rows.append(
            {
                "about the samples": done,
                "classifier": classifier,
                "annotations": f"{group['annotations'].mean():,.0f}",
                "wrong labels": f"{group['wrong_before'].mean():,.0f} → {group['wrong_after'].mean():,.0f}",
                "accuracy, %": f"{100 * group['before'].mean():.1f} → {100 * group['after'].mean():.1f}",
                "gain": f"{gain.mean():+.1f} ({', '.join(f'{each:+.1f}' for each in gain)})",
                "the paper": paper,
            }
        )
    for name, (classifier, paper) in BOUNDS.items():
        bound = table.loc[table["row"] == name, "upper_bound"]
        rows.append(
            {
                "about the samples": "trained on true labels",
                "classifier": classifier,
                "annotations": "",
                "wrong labels": "0",
                "accuracy, %": f"{100 * bound.mean():.1f}",
                "gain": "",
                "the paper": paper,
            }
        )
    return pd.DataFrame(rows)


def main() -> None:
    if (runs := runs_folder(__doc__)) is not None:
        collected(runs)
    print(markdown(shown()))


if __name__ == "__main__":
    main()

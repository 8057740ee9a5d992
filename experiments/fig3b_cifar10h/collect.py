"""Copy a finished run into this folder, with the paper's curves behind ours.

    python experiments/fig3b_cifar10h/collect.py runs/simulate/<id>

Writes label_accuracy.png, curves.csv (every 20th annotation), summary.json and posteriors.npz (float16), from which the
simulation runs again in seconds: add posteriors_from=experiments/fig3b_cifar10h/posteriors.npz to the command.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd

from alc.figures import label_accuracy, save_figure
from alc.posteriors import Posteriors
from alc.runs.manifest import Manifest

HERE = Path(__file__).parent
EVERY = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="directory of the simulation, runs/simulate/<id>")
    run = parser.parse_args().run
    manifest = Manifest.read(run)
    if manifest is None:
        parser.error(f"{run} is not a finished run")
    curves, summary = pd.read_csv(run / "curves.csv"), json.loads((run / "summary.json").read_text())
    kept = (curves["annotations"] % EVERY == 0) | (curves["annotations"] == summary["budget"])
    curves[kept].to_csv(HERE / "curves.csv", index=False, float_format="%.5g")
    (HERE / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
    if manifest.parents:
        parent = run.parents[1] / "train" / manifest.parents[0]
        Posteriors.load(parent / "posteriors.npz").save(HERE / "posteriors.npz", dtype=np.float16)
    areas = {name: entry["area"]["mean"] for name, entry in summary["selectors"].items()}
    start = curves[(curves["metric"] == "label_accuracy") & (curves["annotations"] == 0)]["mean"].iloc[0]
    figure = label_accuracy(
        curves[curves["metric"] != "expected_label_accuracy"],
        areas,
        summary["data"]["samples"],
        float(start),
        title="CIFAR-10H, temperature 2; dotted: the paper's Fig. 3b",
        published=pd.read_csv(HERE / "published.csv"),
    )
    png, pdf = save_figure(figure, HERE / "label_accuracy")
    pdf.unlink()
    print(f"{png}\n{json.dumps(manifest.headline)}\n{manifest.command}\n{manifest.wall_seconds} s")


if __name__ == "__main__":
    main()

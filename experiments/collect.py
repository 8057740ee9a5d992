"""Copy what a finished simulation found into an experiment's folder, the paper's curves behind ours where it has them.

    python experiments/collect.py runs/simulate/<id> experiments/fig3b_cifar10h

Writes label_accuracy.png, curves.csv (every 20th annotation), summary.json and posteriors.npz (float16), from which the
simulation runs again in seconds: add posteriors_from=<folder>/posteriors.npz to the command.  Prints the rows of the
README's table.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd

from alc.figures import label_accuracy, save_figure
from alc.notebook import summary_table
from alc.posteriors import Posteriors
from alc.runs.manifest import Manifest

EVERY = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="directory of the simulation, runs/simulate/<id>")
    parser.add_argument(
        "folder", type=Path, help="folder of the experiment; its published.csv, if any, is drawn behind"
    )
    arguments = parser.parse_args()
    run, folder = arguments.run, arguments.folder
    manifest = Manifest.read(run)
    if manifest is None:
        parser.error(f"{run} is not a finished run")
    curves, summary = pd.read_csv(run / "curves.csv"), json.loads((run / "summary.json").read_text())
    kept = (curves["annotations"] % EVERY == 0) | (curves["annotations"] == summary["budget"])
    curves[kept].to_csv(folder / "curves.csv", index=False, float_format="%.5g")
    (folder / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
    parent = run.parents[1] / "train" / manifest.parents[0] if manifest.parents else None
    if parent is not None:
        Posteriors.load(parent / "posteriors.npz").save(folder / "posteriors.npz", dtype=np.float16)
    published = folder / "published.csv"
    figure = label_accuracy(
        curves[curves["metric"] != "expected_label_accuracy"],
        {name: entry["area"]["mean"] for name, entry in summary["selectors"].items()},
        summary["data"]["samples"],
        float(curves[(curves["metric"] == "label_accuracy") & (curves["annotations"] == 0)]["mean"].iloc[0]),
        title=summary["data"]["name"] + ("; dotted: the paper's Fig. 3b" if published.is_file() else ""),
        published=pd.read_csv(published) if published.is_file() else None,
    )
    _, pdf = save_figure(figure, folder / "label_accuracy")
    pdf.unlink()
    print(summary_table(summary).to_string(float_format="{:.4f}".format))
    for made in (parent, run):
        record = Manifest.read(made) if made is not None else None
        if record is not None:
            print(f"{record.command}\n  {record.wall_seconds} s, {record.environment['host']}")


if __name__ == "__main__":
    main()

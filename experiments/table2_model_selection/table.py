"""The tables of the model selection benchmark, from the finished runs of the recipes beside it.

    python experiments/table2_model_selection/table.py --posteriors runs  # keeps what the trainings predict
    python experiments/table2_model_selection/table.py --runs runs        # reads selections, rewrites the results here
    python experiments/table2_model_selection/table.py                    # prints the tables again from summary.json

Nothing is trained here, and the selections read nothing but the posteriors that are kept here and CIFAR-10's labels.
"""

import argparse
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from alc.posteriors import Posteriors
from alc.runs.manifest import Manifest

HERE = Path(__file__).parent
NOISES = {"Symmetric": "sym", "InstanceDependent": "idn", "NoNoise": "trusted"}
METHODS = {"CrossEntropy": "cross_entropy", "CoTeaching": "co_teaching"}
SHOWN = "cross_entropy"
"""The selector whose cleaned labels are shown model by model, as in the paper."""
ORDERS = {
    "cross_entropy": "by a ranker trained on noisy labels",
    "cross_entropy_trusted": "by a ranker trained on 3,000 right labels",
    "random": "at random",
    "oracle_once": "wrong labels first",
}
PUBLISHED = {
    ("sym", "M1 co-teaching"): (73.32, "45.19 (0.21)", "54.37 (0.13)", "62.53 (0.09)"),
    ("sym", "M2 self-supervised"): (80.16, "48.93 (0.23)", "58.45 (0.10)", "67.42 (0.10)"),
    ("idn", "M1 co-teaching"): (69.91, "45.93 (0.10)", "49.97 (0.06)", "55.87 (0.06)"),
    ("idn", "M2 self-supervised"): (65.76, "46.50 (0.13)", "49.90 (0.12)", "55.28 (0.10)"),
}
"""The paper's Table 2: true, noisy, cleaned 10 % and 20 %."""
PICTURES = {
    ("sym", "cross_entropy"): "model_choice_sym.png",
    ("idn", "cross_entropy"): "model_choice_idn.png",
    ("idn", "cross_entropy_trusted"): "model_choice_idn_trusted_ranker.png",
}
PLACES = ("data", "ranked_by", "runs")
"""Of a summary: where things lay."""

Summaries = dict[str, dict[str, Any]]


def kind(section: dict[str, Any]) -> str:
    return str(section["_target_"]).rpartition(".")[2]


def finished(runs: Path, task: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Directory and config of every finished run of a task on part ``test`` of CIFAR-10."""
    for run in sorted(runs.glob(f"{task}/*")):
        if Manifest.read(run) is not None:
            config = yaml.safe_load((run / "config.yaml").read_text(encoding="utf-8"))
            if config["data"].get("part") == "test":
                yield run, config


def kept_as(config: dict[str, Any]) -> str:
    """Name of the file that keeps what a training predicts."""
    noise = NOISES[kind(config["noise"])]
    if noise == "trusted":
        return f"trusted_{config['data']['subset']}"
    if config["method"].get("label_smoothing"):
        return f"{noise}_ranker"
    views = "" if config["augmentation"]["flip"] else "_unaugmented"
    return f"{noise}_{METHODS[kind(config['method'])]}_{config['trainer']['max_epochs']}{views}"


def keep_posteriors(runs: Path) -> None:
    """What every model says about the validation images, as float16."""
    (HERE / "posteriors").mkdir(exist_ok=True)
    for run, config in finished(runs, "train"):
        file = HERE / "posteriors" / f"{kept_as(config)}.npz"
        mean = Posteriors.load(run / "test_posteriors.npz").mean
        Posteriors.single(mean).save(file, dtype=np.float16)
        manifest = Manifest.read(run)
        assert manifest is not None
        print(f"{file.name}: {manifest.wall_seconds / 60:.1f} minutes")


def collect(runs: Path) -> None:
    """Write summary.json and the pictures."""
    summaries: dict[str, Summaries] = {"sym": {}, "idn": {}}
    for run, config in finished(runs, "select"):
        summary = json.loads((run / "summary.json").read_text(encoding="utf-8"))
        noise, trusted = NOISES[kind(config["noise"])], "trusted" in summary["ranked_by"]
        selector = summary["selector"] + ("_trusted" if trusted else "")
        summaries[noise][selector] = {key: value for key, value in summary.items() if key not in PLACES}
        if picture := PICTURES.get((noise, selector)):
            shutil.copyfile(run / "figures" / "model_choice.png", HERE / picture)
    text = json.dumps(summaries, indent=1) + "\n"
    (HERE / "summary.json").write_text(text, encoding="utf-8")


def model_rows(summaries: dict[str, Summaries]) -> Iterator[str]:
    """Every model on every kind of labels, in Markdown, ours before the paper's."""
    yield "| noise | model | true | noisy 40 % | cleaned 10 % | cleaned 20 % |"
    yield "|---|---|---|---|---|---|"
    for noise, of_noise in summaries.items():
        summary = of_noise[SHOWN]
        for name, entry in sorted(summary["models"].items(), key=lambda each: int(each[1]["place"])):
            cells = [noise.upper(), name, f"{100 * entry['true']:.2f}"]
            cells += [
                f"{100 * entry[state]['mean']:.2f} ({100 * entry[state]['sd']:.2f})" for state in summary["labels"]
            ]
            yield f"| {' | '.join(cells)} |"
        for (of, name), (true, *others) in PUBLISHED.items():
            if of == noise:
                yield f"| {noise.upper()} | *paper: {name}* | *{true:.2f}* | *{'* | *'.join(others)}* |"


def agreement_rows(summaries: dict[str, Summaries]) -> Iterator[str]:
    """Which model every kind of labels chooses, and how it ranks all, in Markdown."""
    yield "| noise | order of relabelling | labels | right | best model chosen | Kendall's tau | annotations |"
    yield "|---|---|---|---|---|---|---|"
    for noise, of_noise in summaries.items():
        for selector, order in ORDERS.items():
            summary = of_noise[selector]
            seeds = len(summary["seeds"])
            for state, entry in summary["labels"].items():
                if state == "noisy" and selector != SHOWN:
                    continue
                told = order if state != "noisy" else ""
                accuracy, tau = entry["label_accuracy"]["mean"], entry["kendall_tau"]["mean"]
                cells = [noise.upper(), told, state.replace("%", " %"), f"{100 * accuracy:.1f} %"]
                cells += [f"{entry['right']} of {seeds}", f"{tau:.2f}", f"{entry['annotations']['mean']:,.0f}"]
                yield f"| {' | '.join(cells)} |"


def until_right(summaries: dict[str, Summaries]) -> Iterator[str]:
    """How many annotations it takes until the best model is chosen and stays chosen, in Markdown."""
    yield "| noise | order of relabelling | annotations until the best model stays chosen, median (range) |"
    yield "|---|---|---|"
    for noise, of_noise in summaries.items():
        for selector, order in ORDERS.items():
            reached = of_noise[selector]["relabels_until_right"]
            told = "never"
            if reached["reached"]:
                told = f"{reached['median']:,.0f} ({reached['min']:,} to {reached['max']:,})"
            yield f"| {noise.upper()} | {order} | {told} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--posteriors", type=Path, metavar="RUNS", help="folder of the finished trainings")
    parser.add_argument("--runs", type=Path, help="folder of the finished selections")
    chosen = parser.parse_args()
    if chosen.posteriors is not None:
        keep_posteriors(chosen.posteriors)
        return
    if chosen.runs is not None:
        collect(chosen.runs)
    summaries = json.loads((HERE / "summary.json").read_text(encoding="utf-8"))
    for rows in (model_rows, agreement_rows, until_right):
        print("\n".join(rows(summaries)), end="\n\n")


if __name__ == "__main__":
    main()

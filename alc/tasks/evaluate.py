"""alc-evaluate: accuracy on clean test images before and after cleaning."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from omegaconf import DictConfig

from alc.arrays import IntArray
from alc.atomic import atomic_path
from alc.errors import InputError
from alc.metrics.before_after import accuracy_by_class, changes
from alc.metrics.class_quality import class_quality_table
from alc.metrics.two_classes import two_class_table
from alc.posteriors import Posteriors
from alc.runs.identity import run_id, training_config
from alc.runs.manifest import Manifest
from alc.runs.run_dir import RunDir
from alc.samples import SampleTable
from alc.tasks.console import say
from alc.tasks.finished_run import finished_run
from alc.tasks.next_command import plain_command
from alc.tasks.problem import Problem, load_problem, plain
from alc.tasks.recorded import with_recorded
from alc.tasks.refresh import labels_digest, relabelled
from alc.tasks.start import starting_weights, training_inputs
from alc.tasks.training import forget_states, train_into, trained, training_numbers
from alc.tasks.values import run_name, switch

__all__ = ["run"]

TEST, TWO_CLASSES = "test_posteriors.npz", "two_classes.csv"


def run(config: DictConfig) -> None:
    """Compare trainings that differ in their labels alone, doing those that no run has."""
    switch(config, "force")
    wants_bound = switch(config, "upper_bound")
    after, manifest = finished_run(Path(config.paths.runs), config.clean, "clean", "clean")
    training = with_recorded(config, after)
    if TEST not in manifest.artefacts:
        raise InputError(
            f"clean={config.clean}: its data have no test images",
            allowed="data with clean test images and labels, which no training sees",
            fix="Give the data a test set, e.g. data.test_file=FILE for data=csv, or data.test_subset=2000 with "
            "data.track=plus_train, and begin with alc-simulate",
        )
    problem = load_problem(training)
    if wants_bound and problem.samples.reference is None:
        raise InputError(
            f"upper_bound=true, and data {problem.dataset.name!r} has no reference labels", fix="Type upper_bound=false"
        )
    if wants_bound and (training.trainer.devices, training.trainer.num_nodes) != (1, 1):
        raise InputError(
            f"upper_bound=true, and clean={config.clean} was trained by several processes, which can not follow here",
            allowed="a run of trainer.devices=1 trainer.num_nodes=1",
            fix="Type upper_bound=false",
        )
    runs = {"before": trained(training, problem=problem), "after": after}
    if wants_bound:
        runs["upper_bound"] = _upper_bound(training, problem)
    inputs = {name: run.name for name, run in runs.items()}
    path = Path(config.paths.runs) / "evaluate" / run_id("evaluate", {"upper_bound": wants_bound}, inputs)
    with RunDir.open(path, force=config.force, name=run_name(config)) as run_dir:
        if not run_dir.complete:
            _evaluate(run_dir, config, problem, runs, manifest)
    _report(path, wants_bound, after)


def _upper_bound(config: DictConfig, problem: Problem) -> Path:
    """The training with the same settings on the reference labels."""
    assert problem.samples.reference is not None
    content = training_config(plain(config))
    inputs = {**training_inputs(config), "labels": labels_digest(problem.samples.reference)}
    path, weights = (
        Path(config.paths.runs) / "reference" / run_id("reference", content, inputs),
        starting_weights(config),
    )
    with RunDir.open(path) as run_dir:
        if not run_dir.complete:
            run_dir.write_config(content)
            say(f"Training {path.name} on the reference labels, for an upper bound")
            clean = relabelled(problem, problem.samples.reference)
            files = train_into(run_dir, config, clean, weights, seed=int(config.seeds.train))
            run_dir.finish(
                files,
                headline={"labels": "reference", **training_numbers(run_dir, clean)},
                parents=weights.run_ids if weights else (),
            )
            forget_states(run_dir)
    return path


def _evaluate(run_dir: RunDir, config: DictConfig, problem: Problem, runs: dict[str, Path], manifest: Manifest) -> None:
    from alc.figures import class_accuracy, save_figure

    labels = problem.dataset.test_labels
    assert labels is not None
    probs = {name: Posteriors.load(run / TEST).mean for name, run in runs.items()}
    predicted = {name: np.asarray(each.argmax(axis=1)) for name, each in probs.items()}
    table = accuracy_by_class(labels, predicted, problem.samples.class_names)
    summary = {
        "data": {"name": problem.dataset.name, "samples": len(problem.samples), "test_images": len(labels)},
        "labels": _labels(runs["after"], problem) | {"of": manifest.headline.get("labels")},
        "runs": {name: f"{run.parent.name}/{run.name}" for name, run in runs.items()},
        "accuracy": {name: float(table[name].iloc[0]) for name in runs},
        "changes": changes(labels, predicted["before"], predicted["after"]),
        "classes": json.loads(table.iloc[1:].to_json(orient="records")),
    }
    run_dir.write_config(plain(config))
    files = ["accuracy.csv", "accuracy.json"]
    if problem.samples.num_classes == 2:
        scores = two_class_table(labels, probs, problem.samples.class_names)
        summary["two_classes"] = json.loads(scores.to_json(orient="records"))
        with atomic_path(run_dir.path / TWO_CLASSES) as temporary:
            scores.to_csv(temporary, index=False, float_format="%.6g")
        files.append(TWO_CLASSES)
    with atomic_path(run_dir.path / "accuracy.csv") as temporary:
        table.to_csv(temporary, index=False, float_format="%.6g")
    with atomic_path(run_dir.path / "accuracy.json") as temporary:
        temporary.write_text(json.dumps(summary, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    title = f"{problem.dataset.name}, {summary['labels']['of']}"
    figures = save_figure(class_accuracy(table, title=title), run_dir.path / "figures" / "class_accuracy")
    run_dir.finish(
        [*files, *(str(figure.relative_to(run_dir.path)) for figure in figures)],
        headline={"labels": manifest.headline.get("labels"), **summary["accuracy"]},
        parents=tuple(run.name for run in runs.values()),
    )


def _labels(clean: Path, problem: Problem) -> dict[str, Any]:
    """What was spent, and what it did to the labels where a truth is known."""
    import pandas as pd

    table, truth = pd.read_parquet(clean / "labels.parquet"), problem.samples.reference
    trained_on = SampleTable.load(clean / "samples.parquet")
    after = trained_on.reference
    asked = int((table["annotations"] > 0).sum())
    return {
        "annotations": int(table["annotations"].sum()),
        "samples_asked": asked,
        "share_asked": asked / len(problem.samples),
        "changed": int((table["changed"] & (table["given_class"] >= 0)).sum()),
        "samples_after": len(trained_on),
        "wrong_before": None if truth is None else int((problem.labels != truth).sum()),
        "wrong_after": None if after is None else int((trained_on.given != after).sum()),
        "classes_before": None if truth is None else _by_class(problem.labels, truth, problem.samples.class_names),
        "classes_after": None if after is None else _by_class(trained_on.given, after, problem.samples.class_names),
    }


def _by_class(labels: IntArray, truth: IntArray, names: tuple[str, ...]) -> list[dict[str, Any]]:
    """Label quality of each class, and nulls where a class has no samples."""
    table: list[dict[str, Any]] = json.loads(class_quality_table(labels, truth, names).to_json(orient="records"))
    return table


def _report(path: Path, has_bound: bool, after: Path) -> None:
    import pandas as pd

    summary = json.loads((path / "accuracy.json").read_text(encoding="utf-8"))
    table, labels = pd.read_csv(path / "accuracy.csv"), summary["labels"]
    table["difference"] = table["after"] - table["before"]
    asked = (
        f" of {labels['samples_asked']} samples ({labels['share_asked']:.1%} of all)" if labels["annotations"] else ""
    )
    wrong = (
        "" if labels["wrong_before"] is None else f"; wrong labels {labels['wrong_before']} -> {labels['wrong_after']}"
    )
    became = summary["changes"]
    say("", f"{summary['data']['name']}, {labels['of']}{asked}{wrong}")
    say(f"test accuracy on {summary['data']['test_images']} clean images "
        f"({became['became_right']} became right, {became['became_wrong']} wrong)")  # fmt: skip
    shown = ["class", "images", "before", "after", "difference", *(["upper_bound"] if has_bound else [])]
    say(
        table[shown]
        .astype(dict.fromkeys(shown[2:], float))
        .to_string(index=False, float_format="{:.4f}".format, na_rep="-"),
        "",
    )
    if "two_classes" in summary:
        _report_two_classes(summary, has_bound)
    say(f"table    {path / 'accuracy.csv'}", f"numbers  {path / 'accuracy.json'}")
    say(f"figure   {path / 'figures' / 'class_accuracy.png'}")
    if not has_bound:
        bound = plain_command("evaluate", f"clean={after.name}", "upper_bound=true")
        say(f"next     {bound}  (what training on the reference labels gives)")


def _report_two_classes(summary: dict[str, Any], has_bound: bool) -> None:
    """Beside accuracy, which a rare class hardly moves: metrics of the positive class, and of the labels."""
    import pandas as pd

    scores = pd.DataFrame(summary["two_classes"])
    shown = ["before", "after", *(["upper_bound"] if has_bound else [])]
    scores = scores.rename(columns={"metric": f"positive: {scores['positive'].iloc[0]}"}).drop(columns="positive")
    say(
        scores.astype(dict.fromkeys(shown, float)).to_string(index=False, float_format="{:.4f}".format, na_rep="-"),
    )
    for when in ("before", "after"):
        classes = summary["labels"][f"classes_{when}"]
        wrong: list[Any] = [entry["wrong_by_true"] for entry in classes] if classes else [None]
        if None not in wrong:
            say(f"labels {when}: sensitivity {1 - wrong[1]:.4f}, specificity {1 - wrong[0]:.4f}")
    say("")

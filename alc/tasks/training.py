"""The training that a config implies: found among the finished runs, or done now."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig

from alc.atomic import atomic_path
from alc.build import build
from alc.posteriors import Posteriors
from alc.runs.identity import training_config, training_id
from alc.runs.run_dir import RunDir
from alc.sources.findings import describe_findings, write_findings
from alc.tasks.console import say
from alc.tasks.logs import join_metrics
from alc.tasks.precision import precision_note
from alc.tasks.problem import Problem, load_problem, plain
from alc.tasks.refused import refused, require_steps
from alc.tasks.start import require_start, starting_weights, training_inputs
from alc.tasks.track import require_track
from alc.tasks.tracking import Tracking, tracked
from alc.tasks.weights import WEIGHTS, StartingWeights

if TYPE_CHECKING:
    from alc.protocols.obtained import Obtained

__all__ = ["forget_states", "train_into", "trained", "training_numbers", "training_path"]

IMAGES = "images.csv"


def training_path(config: DictConfig, digests: dict[str, str]) -> Path:
    """Directory of the training that this config implies, whichever task asks."""
    return Path(config.paths.runs) / "train" / training_id(plain(config), digests)


def trained(
    config: DictConfig,
    digests: dict[str, str] | None = None,
    *,
    force: bool = False,
    name: str | None = None,
    problem: Problem | None = None,
) -> Path:
    """Directory of the finished training; trains first unless a run has it.

    Args:
        config: The composed config of any task.
        digests: Of its input files, if known already.
        force: Train again even if a run has it.
        name: Name for people.
        problem: The problem of the config, if it is loaded already.
    """
    digests = training_inputs(config) if digests is None else digests
    path = training_path(config, digests)
    with RunDir.open(path, force=force, name=name) as run:
        if not run.complete:
            _train(config, run, problem or load_problem(config))
        if not run.leader:  # a helper process of a distributed training has nothing to do beside it
            raise SystemExit(0)
    return path


def _train(config: DictConfig, run: RunDir, problem: Problem) -> None:
    run.write_config(training_config(plain(config)))
    say(f"Training {run.path.name}: {len(problem.samples)} images, {problem.samples.num_classes} classes")
    say(*([problem.noise.summary()] if problem.noise else ["noise: unknown, no reference labels"]))
    if problem.dataset.findings:
        say(f"images:{describe_findings(problem.dataset.findings)} Listed in {run.path / IMAGES}")
    say(*precision_note(config.trainer))
    weights = starting_weights(config)
    artefacts = train_into(run, config, problem, weights, seed=int(config.seeds.train))
    if run.leader:
        run.finish(artefacts, headline=training_numbers(run, problem), parents=weights.run_ids if weights else ())
        forget_states(run)


def train_into(
    run: RunDir,
    config: DictConfig,
    problem: Problem,
    weights: StartingWeights | None,
    *,
    seed: int,
    goes_on: bool = False,
) -> list[str]:
    """Train on the labels of a problem and write into a run what a training leaves.

    Args:
        run: Open and not complete; the caller finishes it.
        config: With the groups of a training.
        problem: Images and labels.
        weights: Where the networks start, if not as they are made.
        seed: Of the training.
        goes_on: Whether the weights are of the very networks of this config, which go on with their classifiers.

    Returns:
        The files written, for the manifest; none in a helper process of a distributed training.
    """
    start = weights.file(problem) if weights else None
    with tracked(config, run.path, training_config(plain(config))) as tracking:
        artefacts = _train_into(run, config, problem, start, tracking, seed=seed, goes_on=goes_on)
        if run.leader:
            parents = weights.run_ids if weights else ()
            tracking.finished(artefacts, numbers=_numbers(training_numbers(run, problem)), parents=parents)
    return artefacts


def _train_into(
    run: RunDir,
    config: DictConfig,
    problem: Problem,
    start: Path | None,
    tracking: Tracking,
    *,
    seed: int,
    goes_on: bool,
) -> list[str]:
    protocol, states = build(config, "posteriors"), run.path / "checkpoints"
    track = require_track(config, problem.dataset, protocol, start, goes_on=goes_on)
    loggers = tracking.loggers(config, several=not protocol.one_model)
    fit = _fit(config, problem, start, loggers, keep_weights=protocol.one_model, goes_on=goes_on)
    obtained: Obtained = protocol.obtain(
        fit,
        problem.labels,
        sample_id=problem.samples.sample_id,
        group=problem.samples.group,
        seed=seed,
        directory=states,
        source=run.path.name,
    )
    if not run.leader:
        return []
    artefacts = ["posteriors.npz", "samples.parquet", "noise.json"]
    obtained.posteriors.details["track"] = track
    obtained.posteriors.save(run.path / "posteriors.npz")
    problem.samples.save(run.path / "samples.parquet")
    _write_json(run.path / "noise.json", problem.noise.to_dict() if problem.noise else None)
    if problem.dataset.findings:
        write_findings(problem.dataset.findings, run.path / IMAGES)
        artefacts.append(IMAGES)
    if obtained.dynamics is not None:
        obtained.dynamics.save(run.path / "dynamics.npz")
        artefacts.append("dynamics.npz")
    if obtained.features is not None:
        obtained.features.save(run.path / "features.npz")
        artefacts.append("features.npz")
    if obtained.test_probs is not None:
        Posteriors.single(obtained.test_probs, source=run.path.name).save(run.path / "test_posteriors.npz")
        artefacts.append("test_posteriors.npz")
    if protocol.one_model:
        with atomic_path(run.path / WEIGHTS) as temporary:
            shutil.copyfile(states / "fit" / WEIGHTS, temporary)  # not moved: until the end, a later start needs it
        artefacts.append(WEIGHTS)
    return artefacts + join_metrics(states, run.path / "metrics.csv")


def training_numbers(run: RunDir, problem: Problem) -> dict[str, float | str | None]:
    """The numbers of a training that are worth seeing in a list, from the posteriors it has written."""
    posteriors = Posteriors.load(run.path / "posteriors.npz")
    agreement = float((posteriors.mean.argmax(axis=1) == problem.labels).mean())
    realised = problem.noise.realised if problem.noise else None
    numbers = {"noise": realised, "agreement_with_given_labels": agreement}
    return {**numbers, "track": posteriors.details.get("track")}


def forget_states(run: RunDir) -> None:
    """Remove, of a finished training, what only an interrupted one would go on from."""
    states = run.path / "checkpoints"
    (states / "fit" / WEIGHTS).unlink(missing_ok=True)
    for fold in states.glob("fold_*/last.ckpt"):  # only the one training of all samples is a model to go on from
        fold.unlink()


def _numbers(told: Mapping[str, float | str | None]) -> dict[str, float | str | None]:
    return {
        "noise/realised_rate": told["noise"],
        "posteriors/agreement_with_given_labels": told["agreement_with_given_labels"],
    }


def _fit(
    config: DictConfig,
    problem: Problem,
    weights: Path | None,
    build_logger: Callable[[Path], Any],
    *,
    keep_weights: bool,
    goes_on: bool,
) -> Any:
    from alc.models.image_size import require_size
    from alc.models.weights import Start
    from alc.protocols.fit import Fit
    from alc.protocols.trained_on import trained_on

    optimizer, scheduler, tuning = (build(config, group) for group in ("optimizer", "scheduler", "tuning"))
    require_start(config, tuning, weights)
    backbone = tuning(build(config, "backbone", **({"weights": None} if "weights" in config.backbone else {})))
    method = build(config, "method")
    loader = config.loader
    seen = trained_on(problem.dataset.images, loader.normalisation)
    start = Start(weights, seen, goes_on) if weights else None
    require_steps(optimizer, scheduler)

    def build_module() -> Any:
        with refused("backbone or method"):
            module = method(
                backbone=backbone, num_classes=problem.samples.num_classes, optimizer=optimizer, scheduler=scheduler
            )
        if start is not None:
            start(module.backbones)
        require_size(module.backbones[0], seen.height, seen.width)
        return module

    return Fit(
        images=problem.dataset.images,
        build_module=build_module,
        build_trainer=build(config, "trainer"),
        augmentation=build(config, "augmentation"),
        normalisation=loader.normalisation,
        batch_size=loader.batch_size,
        predict_batch_size=loader.predict_batch_size,
        resident=loader.resident,
        num_workers=loader.num_workers,
        sampling=loader.get("sampling", "uniform"),  # runs from before there was a choice do not name it
        test_images=problem.dataset.test_images,
        unlabelled_images=problem.dataset.unlabelled,
        keep_weights=keep_weights,
        record_dynamics=config.callbacks.dynamics,
        checkpoint_seconds=config.callbacks.checkpoint_seconds,
        extra_callbacks=lambda: _further_callbacks(config),
        build_logger=build_logger,
        compute=build(config, "compute"),
    )


def _further_callbacks(config: DictConfig) -> list[Any]:
    """The average of the weights, if one is chosen, and what the user has added."""
    average, extra = build(config, "averaging"), build(config, "callbacks.extra") or {}
    return [*([average] if average else []), *extra.values()]


def _write_json(path: Path, content: object) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n", encoding="utf-8")

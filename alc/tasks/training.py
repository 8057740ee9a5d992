"""The training that a config implies: found among the finished runs, or done now."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig

from alc.atomic import atomic_path
from alc.build import build
from alc.errors import InputError
from alc.runs.identity import training_config, training_id
from alc.runs.run_dir import RunDir
from alc.tasks.console import say
from alc.tasks.problem import Problem, input_digests, load_problem, plain

if TYPE_CHECKING:
    from alc.protocols.obtained import Obtained

__all__ = ["trained", "training_path"]


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
    digests = input_digests(config) if digests is None else digests
    path = training_path(config, digests)
    with RunDir.open(path, force=force, name=name) as run:
        if not run.complete:
            _train(config, run, problem or load_problem(config))
        if not run.leader:  # a helper process of a distributed training has nothing to do beside it
            raise SystemExit(0)
    return path


def _train(config: DictConfig, run: RunDir, problem: Problem) -> None:
    content = plain(config)
    run.write_config(training_config(content))
    say(f"Training {run.path.name}: {len(problem.samples)} images, {problem.samples.num_classes} classes")
    say(*([problem.noise.summary()] if problem.noise else ["noise: unknown, no reference labels"]))
    fit = _fit(config, problem)
    protocol, states = build(config, "posteriors"), run.path / "checkpoints"
    obtained: Obtained = protocol.obtain(
        fit,
        problem.labels,
        sample_id=problem.samples.sample_id,
        group=problem.samples.group,
        seed=int(config.seeds.train),
        directory=states,
        source=run.path.name,
    )
    if not run.leader:
        return
    artefacts = ["posteriors.npz", "samples.parquet", "noise.json"]
    obtained.posteriors.save(run.path / "posteriors.npz")
    problem.samples.save(run.path / "samples.parquet")
    _write_json(run.path / "noise.json", problem.noise.to_dict() if problem.noise else None)
    if obtained.dynamics is not None:
        obtained.dynamics.save(run.path / "dynamics.npz")
        artefacts.append("dynamics.npz")
    if obtained.features is not None:
        obtained.features.save(run.path / "features.npz")
        artefacts.append("features.npz")
    if obtained.test_probs is not None:
        from alc.posteriors import Posteriors

        Posteriors.single(obtained.test_probs, source=run.path.name).save(run.path / "test_posteriors.npz")
        artefacts.append("test_posteriors.npz")
    artefacts += _join_metrics(states, run.path / "metrics.csv")
    agreement = float((obtained.posteriors.mean.argmax(axis=1) == problem.labels).mean())
    realised = problem.noise.realised if problem.noise else None
    run.finish(artefacts, headline={"noise": realised, "agreement_with_given_labels": agreement})
    for fold in states.glob("fold_*/last.ckpt"):  # only the one training of all samples is a model to go on from
        fold.unlink()


def _fit(config: DictConfig, problem: Problem) -> Any:
    from alc.protocols.fit import Fit

    backbone, optimizer, scheduler = (build(config, group) for group in ("backbone", "optimizer", "scheduler"))
    method = build(config, "method")
    logger = build(config, "logger")
    loader = config.loader
    _require_steps(optimizer, scheduler)

    def build_module() -> Any:
        with _refused("backbone or method"):
            return method(
                backbone=backbone, num_classes=problem.samples.num_classes, optimizer=optimizer, scheduler=scheduler
            )

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
        test_images=problem.dataset.test_images,
        record_dynamics=config.callbacks.dynamics,
        checkpoint_seconds=config.callbacks.checkpoint_seconds,
        extra_callbacks=lambda: list((build(config, "callbacks.extra") or {}).values()),
        build_logger=(lambda directory: logger(save_dir=_fresh(directory))) if logger else (lambda directory: None),
    )


def _require_steps(optimizer: Any, scheduler: Any) -> None:
    """Build an optimiser and its schedule once, for one number, to hear what they refuse before anything is trained."""
    import torch

    with _refused("optimizer or scheduler"):
        built = optimizer([torch.nn.Parameter(torch.zeros(1))])
        if scheduler is not None:
            scheduler(built)


@contextmanager
def _refused(groups: str) -> Iterator[None]:
    """What a constructor of torch says about values it can not use, as an error of the config."""
    try:
        yield
    except InputError:
        raise
    except (TypeError, ValueError) as error:
        message = f"{groups}: a value is refused ({error})"
        raise InputError(message, fix="Add '--cfg job' to the command to see the values") from error


def _fresh(directory: Path) -> Path:
    """A folder of its own for the log of this start: what an earlier, interrupted start has logged stays."""
    starts = len(list(directory.glob("start_*")))
    return directory / f"start_{starts}"


def _join_metrics(states: Path, target: Path) -> list[str]:
    """The metrics of all trainings of a run in one table, the training's name first; [] where none were logged.

    Epochs that a later start repeated count once, as they were repeated.
    """
    import pandas as pd

    files = sorted(states.glob("*/start_*/metrics.csv"), key=lambda file: (file.parts[-3], file.stat().st_mtime_ns))
    tables = [pd.read_csv(file).assign(training=file.parts[-3]) for file in files if file.stat().st_size]
    if not tables:
        return []
    table = pd.concat(tables, ignore_index=True).drop_duplicates(["training", "epoch", "step"], keep="last")
    with atomic_path(target) as temporary:
        table[["training", *table.columns.drop("training")]].to_csv(temporary, index=False)
    return [target.name]


def _write_json(path: Path, content: object) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n", encoding="utf-8")

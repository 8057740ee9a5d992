"""The pre-training that a config implies: found among the finished runs, or done now."""

from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from alc.build import build
from alc.errors import InputError
from alc.runs.identity import pretraining_config, pretraining_id
from alc.runs.run_dir import RunDir
from alc.tasks.console import say
from alc.tasks.logs import join_metrics
from alc.tasks.precision import precision_note
from alc.tasks.problem import plain
from alc.tasks.refused import refused, require_steps
from alc.tasks.tracking import Tracking, tracked
from alc.tasks.weights import WEIGHTS, WEIGHTS_KEY, named_weights

__all__ = ["pretrained", "pretraining_path", "wants_pretraining"]


def wants_pretraining(config: DictConfig) -> bool:
    """Whether the config names a self-supervised training."""
    return bool(config.get("ssl"))


def pretraining_path(config: DictConfig) -> Path:
    """Directory of the pre-training that this config implies, whichever task asks."""
    digests: dict[str, str] = build(config, "data").image_digests()
    if (weights := named_weights(config)) is not None:
        digests = {**digests, WEIGHTS_KEY: weights.identity}
    return Path(config.paths.runs) / "pretrain" / pretraining_id(plain(config), digests)


def pretrained(config: DictConfig, *, force: bool = False, name: str | None = None, images: Any = None) -> Path:
    """Directory of the finished pre-training; trains first unless a run has it.

    Args:
        config: The composed config of any task.
        force: Train again even if a run has it.
        name: Name for people.
        images: The images to learn from, if they are loaded already.
    """
    if not wants_pretraining(config):
        raise InputError("ssl=none asks for no pre-training", fix="Type ssl=simclr or ssl=byol")
    path = pretraining_path(config)
    with RunDir.open(path, force=force, name=name) as run:
        if not run.complete:
            with tracked(config, path, pretraining_config(plain(config))) as tracking:
                _pretrain(config, run, images, tracking)
        if not run.leader:
            raise SystemExit(0)
    return path


def _pretrain(config: DictConfig, run: RunDir, images: Any, tracking: Tracking) -> None:
    from alc.models.weights import Start
    from alc.models.weights_file import save_weights
    from alc.protocols.pretrain import Pretrain
    from alc.protocols.trained_on import trained_on

    content, ssl, loader = plain(config), config.ssl, config.loader
    run.write_config(pretraining_config(content))
    method, optimizer, scheduler = (build(config, f"ssl.{key}") for key in ("method", "optimizer", "scheduler"))
    backbone = build(config, "backbone", **({"weights": None} if "weights" in config.backbone else {}))
    require_steps(optimizer, scheduler, "ssl.optimizer or ssl.scheduler")
    images = build(config, "data").load(int(config.seeds.split)).learnable if images is None else images
    weights, seen = named_weights(config), trained_on(images, loader.normalisation)
    start = Start(weights.file(None), seen) if weights else None
    say(f"Pre-training {run.path.name}: {len(images)} images, {ssl.epochs} epochs")
    say(*precision_note(config.trainer))

    def started(*, num_classes: int) -> Any:
        network = backbone(num_classes=num_classes)
        if start is not None:
            start([network])
        return network

    def build_module() -> Any:
        with refused("backbone or ssl.method"):
            return method(backbone=started, optimizer=optimizer, scheduler=scheduler)

    states = run.path / "checkpoints"
    pretrain = Pretrain(
        images=images,
        build_module=build_module,
        build_trainer=build(config, "trainer"),
        views=build(config, "ssl.views"),
        epochs=ssl.epochs,
        batch_size=ssl.batch_size,
        normalisation=loader.normalisation,
        resident=loader.resident,
        num_workers=loader.num_workers,
        checkpoint_seconds=config.callbacks.checkpoint_seconds,
        build_logger=tracking.loggers(config, several=False),
        compute=build(config, "compute"),
    )
    encoder = pretrain(seed=int(ssl.seed), directory=states / "pretrain")
    if not run.leader:
        return
    save_weights(run.path / WEIGHTS, encoder, seen, head=False)
    metrics = join_metrics(states, run.path / "metrics.csv")
    tracking.finished([WEIGHTS, *metrics], parents=weights.run_ids if weights else ())
    run.finish(
        [WEIGHTS, *metrics],
        headline={"images": len(images), "epochs": int(ssl.epochs)},
        parents=weights.run_ids if weights else (),
    )

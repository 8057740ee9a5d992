"""Which run a config names: everything that can change the result, and nothing else.

The id decides whether finished work is reused, so the two mistakes are not alike: a key that is hashed in vain costs a
second computation, a key that is ignored in error returns a wrong result.  Hence one short explicit list.
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from alc.runs.manifest import Artefact

__all__ = [
    "FILES",
    "IGNORED",
    "NOT_OF_PRETRAINING",
    "PRETRAINING_GROUPS",
    "TRAINING_GROUPS",
    "pretraining_config",
    "pretraining_id",
    "run_id",
    "training_config",
    "training_id",
]

IGNORED: tuple[str, ...] = (
    "hydra",
    "paths",
    "logger",
    "launcher",
    "display",
    "tags",
    "name",
    "force",
    "posteriors_from",  # the posteriors themselves enter as a digest: a parent's run id or the file's sha256
    "trainer.accelerator",  # unless several processes train: on GPUs they share batch statistics, on CPUs they can not
    "trainer.enable_progress_bar",
    "trainer.enable_model_summary",
    "trainer.log_every_n_steps",
    "loader.num_workers",
    "data.num_workers",
    "data.download",
    "data.cache",
    "simulation.figures",  # a figure shows a result
    "simulation.mixed_code",
    "data.root",  # only where the files read from it enter by digest, see run_id
)
"""Dotted keys that can not change a result."""

FILES: tuple[str, ...] = ("noise.matrix", "noise.features", "backbone.weights", "data.file", "data.test_file")
"""Dotted keys that may name a file; a file counts by its content, so moving it changes nothing and editing it does."""

TRAINING_GROUPS: tuple[str, ...] = (
    "data",
    "noise",
    "ssl",
    "backbone",
    "tuning",
    "method",
    "optimizer",
    "scheduler",
    "augmentation",
    "loader",
    "posteriors",
    "trainer",
    "compute",
    "averaging",
    "callbacks",
    "seeds.split",
    "seeds.noise",
    "seeds.train",
)
"""What a training depends on, so that every task whose config implies it finds the same training."""

PRETRAINING_GROUPS: tuple[str, ...] = (
    "data",
    "ssl",
    "backbone",
    "loader.normalisation",
    "compute",
    "trainer",
    "seeds.split",  # which images there are
)
"""What a pre-training depends on, less :data:`NOT_OF_PRETRAINING`."""

NOT_OF_PRETRAINING: tuple[str, ...] = (
    "trainer.max_epochs",  # those of a training
    "data.annotator_accuracy",  # what people or simulated annotators say of the same images
    "data.neighbours",
    "data.labels",
    "data.batch_order",
    "data.clean_votes",
    "data.label_column",
    "data.reference_column",
    "data.group_column",
    "data.test_subset",  # images that are never trained on, except on the track plus_train
    "data.test_file",
    "data.test_root",
)
"""Dotted keys of :data:`PRETRAINING_GROUPS` that a pre-training never sees: in no source do they change its images."""

TYPED = ("trainer.limit_train_batches",)
"""Where 1 and 1.0 are not the same: to Lightning one batch, and all of them."""

LATER: dict[str, object] = {
    "loader.sampling": "uniform",
    "data.window": "dicom",
    "data.skip_unreadable": False,
}
"""Keys that came later: at these values they are left out, so that runs from before keep their names."""

LATER_OF: dict[tuple[str, str], object] = {
    ("alc.methods.co_teaching.CoTeaching", "method.class_weights"): "none",
    ("alc.methods.elr.EarlyLearning", "method.class_weights"): "none",
    ("alc.sources.cifar10h_paper.Cifar10HPaperSource", "data.track"): "paper",
    ("alc.sources.cifar10h_paper.Cifar10HPaperSource", "data.unlabelled"): None,
    ("alc.sources.cifar10n.Cifar10NSource", "data.track"): "subset",
    ("alc.sources.cifar10n.Cifar10NSource", "data.unlabelled"): None,
    ("alc.sources.digits.DigitsSource", "data.unlabelled"): 0,
    ("alc.sources.synthetic.SyntheticSource", "data.unlabelled"): 0,
}
"""The same for keys that came later to some options of a group only, by what the option builds."""

ORDERED = ("selector",)
"""Mappings whose order counts: the first selector that scores makes the ranking."""


def run_id(task: str, config: Mapping[str, object], digests: Mapping[str, str]) -> str:
    """The 10 hex digits that name a run: the start of a sha256 of canonical JSON.

    Args:
        task: The task's name, e.g. ``"simulate"``.
        config: The resolved config as plain values. :data:`IGNORED` keys are left out, the order of keys is irrelevant,
            1 and 1.0 are the same number, and a file named by one of :data:`FILES` counts by its content.
        digests: What enters by content: input file -> sha256, parent -> its run id. Without any, ``data.root`` is not
            ignored, because then nothing else tells two folders apart.  One of a key in :data:`FILES` stands in the
            place of the key's value, so that it does not matter by what name the content was found.

    Raises:
        TypeError: A value is neither a mapping, a list, a string, a number, a bool nor None.

    >>> run_id("rank", {"seed": 1, "force": True}, {}) == run_id("rank", {"seed": 1.0, "force": False}, {})
    True
    >>> run_id("rank", {"seed": 1}, {}) == run_id("rank", {"seed": 2}, {})
    False
    """
    inputs = {name: digest for name, digest in digests.items() if name not in FILES}
    by_content = {name: digest for name, digest in digests.items() if name in FILES}
    ignored = set(IGNORED) if inputs else set(IGNORED) - {"data.root"}
    ignored -= {"trainer.accelerator"} if _several_processes(config) else set()
    content = {"task": task, "config": _canonical(config, "", ignored, by_content), "inputs": inputs}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(text.encode()).hexdigest()[:10]


def training_config(config: Mapping[str, object]) -> dict[str, object]:
    """The part of any task's config that decides its training, nested as it was.

    A group whose option is empty has no key in a composed config; it counts as an empty mapping.

    >>> training_config({"seeds": {"train": 3, "annotator": 4}, "selector": {"joint": {}}})["seeds"]
    {'split': {}, 'noise': {}, 'train': 3}
    """
    return _part(config, TRAINING_GROUPS)


def training_id(config: Mapping[str, object], digests: Mapping[str, str]) -> str:
    """The run id of the training that a config implies, the same from every task."""
    return run_id("train", training_config(config), digests)


def pretraining_config(config: Mapping[str, object]) -> dict[str, object]:
    """The part of any task's config that decides its pre-training, nested as it was.

    >>> pretraining_config({"ssl": {"epochs": 9}, "trainer": {"max_epochs": 3, "devices": 1}})["trainer"]
    {'devices': 1}
    """
    part = _part(config, PRETRAINING_GROUPS)
    data = part["data"]
    left_out = set(NOT_OF_PRETRAINING)
    if isinstance(data, Mapping) and data.get("track") == "plus_train":  # then images outside it are learned from
        left_out.remove("data.test_subset")
    for group in {key.partition(".")[0] for key in NOT_OF_PRETRAINING}:
        section = part[group]
        assert isinstance(section, Mapping)
        part[group] = {name: value for name, value in section.items() if f"{group}.{name}" not in left_out}
    return part


def pretraining_id(config: Mapping[str, object], digests: Mapping[str, str]) -> str:
    """The run id of the pre-training that a config implies, the same from every task; digests are of its images."""
    return run_id("pretrain", pretraining_config(config), digests)


def _several_processes(config: Mapping[str, object]) -> bool:
    trainer = config.get("trainer")
    return isinstance(trainer, Mapping) and (trainer.get("devices", 1), trainer.get("num_nodes", 1)) != (1, 1)


def _part(config: Mapping[str, object], groups: tuple[str, ...]) -> dict[str, object]:
    part: dict[str, object] = {}
    for dotted in groups:
        group, _, key = dotted.partition(".")
        found = config.get(group, {})
        if not key:
            part[group] = found if found is not None else {}
            continue
        section = part.setdefault(group, {})
        assert isinstance(section, dict)
        section[key] = found.get(key, {}) if isinstance(found, Mapping) else {}
    return part


def _canonical(value: object, key: str, ignored: set[str], by_content: Mapping[str, str]) -> object:
    if key in by_content:
        return by_content[key]
    if isinstance(value, Mapping):
        entries = ((str(name), f"{key}.{name}" if key else str(name), entry) for name, entry in value.items())
        kept = {
            name: _canonical(entry, dotted, ignored, by_content)
            for name, dotted, entry in entries
            if dotted not in ignored and not _came_later(dotted, entry, str(value.get("_target_")))
        }
        return [[name, entry] for name, entry in kept.items()] if key in ORDERED else kept
    if isinstance(value, list | tuple):
        return [_canonical(entry, f"{key}[{i}]", ignored, by_content) for i, entry in enumerate(value)]
    if isinstance(value, float):
        return _number(value, key)
    if isinstance(value, str) and key in FILES:
        file = Path(value).expanduser()
        return Artefact.of(file).sha256 if file.is_file() else value
    if value is None or isinstance(value, bool | str | int):
        return value
    raise TypeError(f"{key} is a {type(value).__name__}; only plain values can name a run")


def _came_later(dotted: str, entry: object, target: str) -> bool:
    """Whether an entry of the mapping that builds ``target`` says what was so before there was a key for it."""
    if dotted in LATER:
        return entry == LATER[dotted]
    return (target, dotted) in LATER_OF and entry == LATER_OF[target, dotted]


def _number(value: float, key: str) -> object:
    """A whole number is the same typed as 1 or 1.0 (and -0.0 is 0), except where the type says what it means."""
    if key in TYPED:
        return repr(value)
    return int(value) if value.is_integer() else value

"""The models of a model selection: trainings by id or name, or files of posteriors, and their predictions."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from omegaconf import DictConfig, ListConfig, OmegaConf

from alc.build import build
from alc.errors import InputError, did_you_mean
from alc.posteriors import Posteriors
from alc.runs.identity import IGNORED
from alc.runs.manifest import Manifest
from alc.samples import SampleTable
from alc.sources.dataset import ImageDataset
from alc.tasks.finished_run import finished_run
from alc.tasks.named_run import named_runs
from alc.tasks.parent import different_samples
from alc.tasks.recorded import recorded
from alc.tasks.validation import ValidationSet

__all__ = ["Candidate", "find_candidate", "find_candidates"]

FILES = {"test": "test_posteriors.npz", "samples": "posteriors.npz"}
TRAINED = ("train", "clean", "reference")
"""Tasks whose runs are trainings."""
AT_ONCE = 1024  # images compared
UNSEEN = ("cross_fit", "external")
"""Protocols whose posteriors of a sample come from a model that was not trained on it."""


@dataclass(frozen=True)
class Candidate:
    """One model, known before anything is read.

    Attributes:
        key: Where the config names it, for messages.
        title: What a reader is told.
        identity: What enters the id of a run that reads it: a run id, or the digest of a file.
        file: Its posteriors of the validation images.
        directory: The run; None for a file that somebody brought.
    """

    key: str
    title: str
    identity: str
    file: Path
    directory: Path | None = None

    def load(self, validation: ValidationSet, config: DictConfig, *, judged: bool) -> Posteriors:
        """Posteriors of the validation images, in their order.

        Args:
            validation: The images.
            config: The config they are of.
            judged: Whether this model is compared: then it must not have been trained on the images.
        """
        if self.directory is not None and validation.kind == "test":
            _require_same_test_images(self, validation.dataset, config)
        posteriors = Posteriors.load(self.file)
        if self.directory is not None and validation.kind == "samples":
            _require_same_samples(self, validation.samples)
            if judged and posteriors.protocol not in UNSEEN:
                raise InputError(
                    f"{self.key}: {self.title} was trained on the very labels of these images ({posteriors.protocol})",
                    allowed="with validation=samples, trainings with posteriors=cross_fit, or files of posteriors",
                    fix="Type validation=test, or train with posteriors=cross_fit",
                )
        try:
            posteriors = posteriors.aligned_to(validation.sample_id)
        except InputError as error:
            problem = f"{self.key}: {self.title}: {error.problem}"
            raise InputError(
                problem,
                allowed=error.allowed or f"posteriors of all {len(validation.sample_id)} validation images",
                fix=error.fix,
            ) from error
        if posteriors.num_classes != validation.num_classes:
            raise InputError(
                f"{self.key}: {self.title} has posteriors of {posteriors.num_classes} classes, "
                f"the data have {validation.num_classes}",
                allowed="the same classes in the same order",
            )
        return posteriors


def find_candidates(config: DictConfig, kind: str) -> dict[str, Candidate]:
    """The models of ``models``, by the name they are shown with: the one given, the one typed, or the file's."""
    typed = config.models
    if isinstance(typed, DictConfig):
        entries = [(str(label), value) for label, value in typed.items()]
    elif isinstance(typed, ListConfig):
        entries = [("", value) for value in typed]
    else:
        entries = [("", typed)]
    if len(entries) < 2:
        raise InputError(
            f"models={OmegaConf.to_container(typed) if OmegaConf.is_config(typed) else typed} is one model or none",
            allowed="two models or more: ids or names of trainings, or files that end in .npz",
            fix="Type e.g. 'models=[first,second]'; alc-runs --task train lists the trainings",
        )
    found: dict[str, Candidate] = {}
    for label, value in entries:
        candidate = find_candidate(config, kind, value, "models")
        name = label or _label(candidate, value)
        name = name if name not in found else str(value)
        twice = next((other for other, each in found.items() if each.identity == candidate.identity), None)
        if twice is not None or name in found:
            raise InputError(
                f"models: {value} and {twice or name} are the same model" if twice else f"models: {name} occurs twice",
                allowed="different models",
            )
        found[name] = candidate
    return found


def find_candidate(config: DictConfig, kind: str, wanted: object, key: str) -> Candidate:
    """One model by id, name or file.

    Raises:
        InputError: There is none, it is not finished, or it has no predictions of such images.
    """
    if str(wanted).endswith(".npz"):
        file = Path(str(wanted)).expanduser()
        if not file.is_file():
            near = did_you_mean(file.name, [each.name for each in file.parent.glob("*.npz")])
            raise InputError(
                f"{key}: there is no file {file.absolute()}",
                allowed="the id or the name of a training, or a file that ends in .npz",
                fix=near,
            )
        return Candidate(key, f"file {file}", sha256(file.read_bytes()).hexdigest(), file)
    runs = Path(config.paths.runs)
    named = [run.resolve() for run in named_runs(runs, wanted, TRAINED) if run.is_dir()]
    task = next((run.parent.name for run in named if run.parent.name in TRAINED), "train")
    run, manifest = finished_run(runs, wanted, task, key)
    if FILES[kind] not in manifest.artefacts:
        raise InputError(
            f"{key}: {task} run {run.name} has no {FILES[kind]}, since its data have no test images",
            allowed="trainings whose data have test images, or files of posteriors",
            fix="Give the data a test set, e.g. data.test_file=FILE for data=csv, and train again",
        )
    return Candidate(key, _title(run, manifest), run.name, run / FILES[kind], run)


def _title(run: Path, manifest: Manifest) -> str:
    return f"{'training' if manifest.task == 'train' else manifest.task} {run.name}"


def _label(candidate: Candidate, value: object) -> str:
    if candidate.directory is None:
        return candidate.file.stem
    return str(value) if isinstance(value, str) else candidate.directory.name


def _require_same_samples(candidate: Candidate, samples: SampleTable) -> None:
    assert candidate.directory is not None
    differs = different_samples(SampleTable.load(candidate.directory / "samples.parquet"), samples)
    if differs:
        raise InputError(
            f"{candidate.key}: {candidate.title} was trained on other data: {differs}",
            allowed="models of the same images",
            fix="Type the data options of that training",
        )


def _require_same_test_images(candidate: Candidate, dataset: ImageDataset, config: DictConfig) -> None:
    """Refuse a training whose test images are others; looked at only where its settings are not these."""
    assert candidate.directory is not None
    theirs = recorded(candidate.directory)
    different = _different_settings(theirs, config)
    if not different:
        return
    other: ImageDataset = build(theirs, "data").load(int(theirs.seeds.split))
    if _same_test_images(other, dataset):
        return
    key, value = next(iter(different.items()))
    manifest = Manifest.read(candidate.directory)
    if key == "data._target_" and manifest is not None:
        raise InputError(
            f"{candidate.key}: {candidate.title} is of other data",
            allowed="models whose data have the same test images, and these data",
            fix=f"Type the data options that it was made with: {manifest.command}",
        )
    raise InputError(
        f"{candidate.key}: {candidate.title} has other test images: {key} is {value} there and "
        f"{OmegaConf.select(config, key)} here",
        allowed="models whose data have the same test images",
        fix=f"Type {key}={value} if all models have that; else compare those that share their test images",
    )


def _different_settings(theirs: DictConfig, ours: DictConfig) -> dict[str, object]:
    """Dotted key -> value there, of the settings of the data that are not the same here."""
    pairs = [(_plain(config.data, "data") | {"seeds.split": config.seeds.split}) for config in (theirs, ours)]
    keys = [key for key in dict.fromkeys([*pairs[0], *pairs[1]]) if key not in IGNORED]
    return {key: pairs[0].get(key) for key in keys if pairs[0].get(key) != pairs[1].get(key)}


def _plain(section: DictConfig, prefix: str) -> dict[str, object]:
    content = OmegaConf.to_container(section, resolve=True)
    assert isinstance(content, dict)
    return {f"{prefix}.{key!s}": value for key, value in content.items()}


def _same_test_images(first: ImageDataset, second: ImageDataset) -> bool:
    labels, others = first.test_labels, second.test_labels
    images, other_images = first.test_images, second.test_images
    if labels is None or others is None or images is None or other_images is None:
        return False
    if first.samples.class_names != second.samples.class_names or not np.array_equal(labels, others):
        return False
    parts = np.array_split(np.arange(len(labels)), -(-len(labels) // AT_ONCE))
    return all(np.array_equal(images.read(rows), other_images.read(rows)) for rows in parts)

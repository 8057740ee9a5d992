"""Posteriors from features of any network, without training: ``features_from``."""

from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from alc.errors import InputError
from alc.features import Features
from alc.knn_posteriors import knn_posteriors
from alc.posteriors import Posteriors
from alc.seeding import stream
from alc.sources.inputs import file_digest
from alc.tasks.parent import Parent
from alc.tasks.problem import Problem
from alc.tasks.rank_files import feature_values
from alc.tasks.values import number, whole_number

__all__ = ["feature_parent", "given_features"]


def feature_parent(config: DictConfig) -> Parent | None:
    """The posteriors of cross-fitted neighbours where ``features_from`` names a file and nothing else is named."""
    file = _file(config)
    if file is None or config.posteriors_from != "auto":
        return None
    k, folds = whole_number(config, "neighbours.k", least=1), whole_number(config, "neighbours.folds", least=2)
    prior = number(config, "neighbours.prior", lowest=0, highest=1e6)

    def read(problem: Problem) -> Posteriors:
        features, samples = given_features(config, problem), problem.samples
        assert features is not None
        rng = stream(int(config.seeds.train), "folds")
        settings: dict[str, Any] = {"num_classes": samples.num_classes, "prior": prior, "group": samples.group}
        return knn_posteriors(features, samples.given, k, folds, rng, **settings)

    return Parent(f"neighbours in {file.name}", file_digest(file), (), read)


def given_features(config: DictConfig, problem: Problem) -> Features | None:
    """The features that ``features_from`` names, of the samples in their order."""
    file = _file(config)
    if file is None:
        return None
    samples = problem.samples
    return Features(feature_values(file, len(samples)), samples.sample_id, file.name)


def _file(config: DictConfig) -> Path | None:
    if config.features_from is None:
        return None
    file = Path(str(config.features_from)).expanduser()
    if not file.is_file():
        raise InputError(
            f"features_from={config.features_from}: there is no file {file.absolute()}",
            allowed="null, or an array (N, D) in .npy or .npz, one row per sample in the order of the data",
        )
    return file

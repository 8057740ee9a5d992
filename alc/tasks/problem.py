"""The cleaning problem of a config: a data set, its noisy labels, and what they can be measured against."""

from dataclasses import dataclass, replace
from typing import Any

from omegaconf import DictConfig, OmegaConf

from alc.arrays import IntArray
from alc.build import build
from alc.errors import InputError
from alc.labels import LabelCounts
from alc.noise import InstanceDependent, NoiseReport, NoNoise, measure
from alc.samples import SampleTable
from alc.simulation.replay import Reference
from alc.sources.dataset import ImageDataset, one_hot
from alc.tasks.noise import build_noise, noise_digests

__all__ = ["Problem", "input_digests", "load_problem", "plain"]


@dataclass(frozen=True, eq=False)
class Problem:
    """A data set whose labels are doubted.

    Attributes:
        dataset: Images and what their source knows.
        samples: The sample table with the noisy labels as ``given``.
        noise: Requested and realised noise; None where nothing is known to measure it against.
    """

    dataset: ImageDataset
    samples: SampleTable
    noise: NoiseReport | None

    @property
    def labels(self) -> IntArray:
        """Noisy labels (N,)."""
        return self.samples.given

    @property
    def initial(self) -> LabelCounts:
        """One vote per sample."""
        return LabelCounts.from_labels(self.labels, self.samples.num_classes)

    def reference(self) -> Reference:
        """What curves are measured against; an error where no truth is known."""
        labels, distribution = self.samples.reference, self.dataset.distribution
        if distribution is None and labels is not None:
            distribution = one_hot(labels, self.samples.num_classes)
        if distribution is None:
            raise InputError(
                f"data {self.dataset.name!r} has no reference labels, so nothing can answer or be measured",
                fix="Add a reference_label column, simulate noise on trusted labels (noise=symmetric) or type alc-rank",
            )
        return Reference.of(distribution, labels)


def plain(config: DictConfig) -> dict[str, Any]:
    """The resolved config as plain dicts and lists."""
    container = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
    assert isinstance(container, dict)
    return {str(key): value for key, value in container.items()}


def input_digests(config: DictConfig) -> dict[str, str]:
    """Digest of every input file that the data and the noise read."""
    return {**build(config, "data").digests(), **noise_digests(config)}


def load_problem(config: DictConfig) -> Problem:
    """Load the data and make its noisy labels, once, before anything trains.

    Simulated noise is applied to the reference labels; where there are none, to the labels as they came, which then
    count as the truth.
    """
    dataset: ImageDataset = build(config, "data").load(int(config.seeds.split))
    noise, samples = build_noise(config), dataset.samples
    if isinstance(noise, NoNoise):
        if samples.reference is None:
            return Problem(dataset, samples, None)
        return Problem(dataset, samples, measure(samples.reference, samples.given, samples.num_classes))
    truth = samples.given if samples.reference is None else samples.reference
    by_id = {"sample_id": samples.sample_id} if isinstance(noise, InstanceDependent) else {}
    noisy, report = noise.apply(truth, samples.num_classes, dataset.distribution, int(config.seeds.noise), **by_id)
    return Problem(dataset, replace(samples, given=noisy, reference=truth), report)

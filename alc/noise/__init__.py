"""Label noise: transition matrices, corruption with a report of what came out, the options of ``conf/noise``."""

from alc.noise.class_noise import AsymmetricCifar10, PairFlip, Symmetric
from alc.noise.corrupt import corrupt
from alc.noise.human import HumanTemperature, ReleasedHumanTemperature
from alc.noise.instance import InstanceDependent
from alc.noise.matrix import Transition
from alc.noise.noise_model import NoiseModel, NoNoise
from alc.noise.report import NoiseReport, measure

__all__ = [
    "AsymmetricCifar10",
    "HumanTemperature",
    "InstanceDependent",
    "NoNoise",
    "NoiseModel",
    "NoiseReport",
    "PairFlip",
    "ReleasedHumanTemperature",
    "Symmetric",
    "Transition",
    "corrupt",
    "measure",
]

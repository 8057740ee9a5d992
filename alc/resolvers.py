"""What a config may ask the machine: ``${alc.cpu_precision:}``, so that the printed config is the one that runs."""

from functools import cache
from pathlib import Path
from typing import Literal

__all__ = ["ASKS_THE_CPU", "cpu_has_bfloat16", "cpu_precision", "has_flag", "register"]

ASKS_THE_CPU = "alc.cpu_precision"
"""Name of the resolver whose value is :func:`cpu_precision`."""


def cpu_precision() -> Literal["bf16-mixed", "32-true"]:
    """The precision in which this CPU trains fastest, as ``pytorch_lightning.Trainer`` calls it.

    In ``bf16-mixed`` weights, batch statistics, losses and logits stay in float32.
    """
    return "bf16-mixed" if cpu_has_bfloat16() else "32-true"


@cache
def cpu_has_bfloat16() -> bool:
    """Whether the CPU multiplies bfloat16 itself (AVX512-BF16); where the system does not tell, it does not.

    Without it bfloat16 is emulated, which makes a training slower.
    """
    return has_flag(Path("/proc/cpuinfo"), "avx512_bf16")


def has_flag(info: Path, flag: str) -> bool:
    """Whether a file such as Linux's ``/proc/cpuinfo`` lists a flag for its first processor."""
    try:
        lines = info.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    flags = next((line.partition(":")[2] for line in lines if line.startswith("flags")), "")
    return flag in flags.split()


def register() -> None:
    """Make the resolvers known to OmegaConf; called again it changes nothing."""
    from omegaconf import OmegaConf

    if not OmegaConf.has_resolver(ASKS_THE_CPU):
        OmegaConf.register_new_resolver(ASKS_THE_CPU, cpu_precision)

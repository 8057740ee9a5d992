"""What a user is told about a precision that a config leaves to the machine."""

from omegaconf import DictConfig, OmegaConf

from alc.resolvers import ASKS_THE_CPU

__all__ = ["precision_note"]


def precision_note(trainer: DictConfig) -> list[str]:
    """One line if the precision follows from the CPU, none if it was chosen.

    Args:
        trainer: The section of the trainer, not resolved.
    """
    written = OmegaConf.to_container(trainer, resolve=False)
    assert isinstance(written, dict)
    if ASKS_THE_CPU not in str(written.get("precision")):
        return []
    found = "has AVX512-BF16" if trainer.precision == "bf16-mixed" else "has no AVX512-BF16"
    return [f"precision {trainer.precision}: this CPU {found} (trainer.precision=... sets another)"]

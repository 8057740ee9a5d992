"""What torch refuses, told as errors of the config."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alc.errors import InputError

__all__ = ["refused", "require_steps"]


@contextmanager
def refused(groups: str) -> Iterator[None]:
    """What a constructor of torch says about values it can not use, as an error of the config."""
    try:
        yield
    except InputError:
        raise
    except (TypeError, ValueError) as error:
        message = f"{groups}: a value is refused ({error})"
        raise InputError(message, fix="Add '--cfg job' to the command to see the values") from error


def require_steps(optimizer: Any, scheduler: Any, groups: str = "optimizer or scheduler") -> None:
    """Build an optimiser and its schedule once, for one number, to hear what they refuse before anything is trained."""
    import torch

    with refused(groups):
        built = optimizer([torch.nn.Parameter(torch.zeros(1))])
        if scheduler is not None:
            scheduler(built)

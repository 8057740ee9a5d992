"""Running out of memory, told as the setting to lower."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from alc.errors import InputError

__all__ = ["memory_for"]

SIGNS = (
    "can't allocate memory",
    "DefaultCPUAllocator",
    "CUDA error: out of memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
)
"""What torch writes into a plain ``RuntimeError`` when memory is short."""


@contextmanager
def memory_for(what: str, fix: str) -> Iterator[None]:
    """Turn an out-of-memory error of the GPU or the CPU into one that says what to lower; others pass untouched.

    Args:
        what: What the memory is for, e.g. ``"training"``.
        fix: Which setting to lower, and its value now.

    >>> with memory_for("training", "Lower loader.batch_size, now 512"):
    ...     raise MemoryError
    Traceback (most recent call last):
    alc.errors.InputError: out of memory in training. Lower loader.batch_size, now 512.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        short = isinstance(error, MemoryError | torch.OutOfMemoryError)
        if not short and not any(sign in str(error) for sign in SIGNS):
            raise
        said = next((f" ({line.strip().rstrip('.')})" for line in str(error).splitlines() if line.strip()), "")
        raise InputError(f"out of memory in {what}{said}", fix=fix) from error

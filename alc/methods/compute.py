"""Compute: how a training step is computed, one switch each; what it computes stays the same up to rounding."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from alc.errors import InputError
from alc.methods.trained import TrainedModule

__all__ = ["Compute"]

CODES = 64


@dataclass(frozen=True, slots=True)
class Compute:
    """Memory layout and compilation of a module; its precision is the trainer's.

    Attributes:
        channels_last: Whether weights and images lie in memory with channels last.  The images follow where a data
            module is told the same, see :class:`~alc.data.datamodule.LabelledImages`.
        compile: Whether training steps run as code made by ``torch.compile``, see
            :meth:`~alc.methods.trained.TrainedModule.compile_networks`.
    """

    channels_last: bool = True
    compile: bool = False

    def __post_init__(self) -> None:
        for name, value in (("channels_last", self.channels_last), ("compile", self.compile)):
            if not isinstance(value, bool):
                raise InputError(f"compute.{name} is {value!r}", allowed="true, false")

    def apply(self, module: TrainedModule) -> None:
        """Prepare a module that is about to be trained, once."""
        module.to(memory_format=torch.channels_last if self.channels_last else torch.contiguous_format)
        if self.compile:
            module.compile_networks()

    @contextmanager
    def compiling(self) -> Iterator[None]:
        """To train in: code is made at the first step, where a missing compiler is noticed.

        Code is made per kind of network and batch size; folds and seeds share it.  A sweep in one process may need
        more of it than torch's limit of 8, beyond which torch would go on uncompiled.
        """
        if not self.compile:
            yield
            return
        from torch._dynamo import config
        from torch._dynamo.exc import BackendCompilerFailed

        try:
            with config.patch(cache_size_limit=CODES, fail_on_cache_limit_hit=True):  # names that all torch >= 2.6 know
                yield
        except BackendCompilerFailed as error:
            cause = error.inner_exception
            said = str(cause).strip().partition("\n")[0] or type(cause).__name__
            raise InputError(
                f"compute.compile is true, but torch.compile failed ({said})",
                fix="Install a C++ compiler (g++), or set compute=default",
            ) from error

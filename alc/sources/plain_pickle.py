"""Pickles of published data, read without the power to run anything: arrays and plain values only."""

import pickle
from typing import Any

__all__ = ["PlainUnpickler"]


class PlainUnpickler(pickle.Unpickler):
    """Builds dictionaries, lists, numbers, strings and numpy arrays; any other name in the pickle is refused."""

    ALLOWED = frozenset(
        {
            ("numpy.core.multiarray", "_reconstruct"),
            ("numpy._core.multiarray", "_reconstruct"),
            ("numpy", "ndarray"),
            ("numpy", "dtype"),
            ("_codecs", "encode"),
        }
    )

    def find_class(self, module: str, name: str) -> Any:
        """One of the few allowed names, wherever this NumPy keeps it."""
        if (module, name) not in self.ALLOWED:
            raise pickle.UnpicklingError(f"{module}.{name} is not allowed")
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)

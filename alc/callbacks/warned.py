"""A warning that is said once, however many folds and seeds would say it again."""

import warnings
from functools import cache

__all__ = ["warn_once"]


@cache
def warn_once(message: str) -> None:
    """Warn; Python's own memory of what it has said is lost whenever a filter is added, as every trainer does."""
    warnings.warn(message, stacklevel=3)

"""Active label cleaning: rank noisy labels, ask annotators in that order, measure what each annotation corrects."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alc.notebook import rank, simulate

__all__ = ["__version__", "rank", "simulate"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Load :func:`alc.rank` and :func:`alc.simulate` when first used, so that ``import alc`` costs nothing."""
    if name in {"rank", "simulate"}:
        from alc import notebook

        return getattr(notebook, name)
    raise AttributeError(f"module 'alc' has no attribute {name!r}")

"""The stopping rule that iterative methods share."""

import math

from alc.errors import InputError

__all__ = ["check_iterations"]


def check_iterations(iterations: object, tolerance: object) -> None:
    """Refuse what can not end, or would end before it began."""
    if isinstance(iterations, bool) or not isinstance(iterations, int) or iterations < 1:
        raise InputError(f"consensus.iterations={iterations!r}", allowed="a whole number of 1 or more")
    is_number = isinstance(tolerance, int | float) and not isinstance(tolerance, bool)
    if not is_number or not math.isfinite(float(str(tolerance))) or float(str(tolerance)) < 0:
        raise InputError(f"consensus.tolerance={tolerance!r}", allowed="a number of 0 or more")

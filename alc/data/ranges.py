"""Checks of the numbers that random views are drawn from."""

from collections.abc import Sequence

from alc.errors import InputError

__all__ = ["require_interval", "require_probability"]


def require_probability(key: str, value: float) -> None:
    """Refuse what is no number from 0 to 1; ``key`` is the config key, for the message."""
    if not 0 <= value <= 1:
        raise InputError(f"{key} is {value}", allowed="a probability, from 0 to 1")


def require_interval(key: str, value: Sequence[float], *, above: float = 0.0, upto: float = float("inf")) -> None:
    """Refuse what is no pair of numbers (low, high) with above < low <= high <= upto."""
    if len(value) != 2 or not above < value[0] <= value[1] <= upto:
        bound = f" and at most {upto:g}" if upto < float("inf") else ""
        raise InputError(f"{key} is {list(value)}", allowed=f"two numbers [low, high], above {above:g}{bound}")

"""Errors a user can act on: what is wrong, with which value, what is allowed, what to type."""

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["InputError", "did_you_mean", "reader_says"]


class InputError(ValueError):
    """Input that the project refuses, told in one message.

    Args:
        problem: What is wrong, where (file, row or key) and with which value.
        allowed: What would have been accepted.
        fix: What to type or do next.
    """

    def __init__(self, problem: str, *, allowed: str | None = None, fix: str | None = None) -> None:
        parts = [problem.rstrip(".") + "."]
        if allowed:
            parts.append(f"Allowed: {allowed.rstrip('.')}.")
        if fix:
            parts.append(fix if fix.endswith("?") else fix.rstrip(".") + ".")
        super().__init__(" ".join(parts))
        self.problem, self.allowed, self.fix = problem, allowed, fix


def did_you_mean(word: str, vocabulary: Iterable[str]) -> str | None:
    """The nearest known word as a sentence, or None when nothing is near.

    >>> did_you_mean("joint_relased", ["joint", "joint_released"])
    "Did you mean 'joint_released'?"
    """
    near = get_close_matches(word, list(vocabulary), n=1)
    return f"Did you mean '{near[0]}'?" if near else None


def reader_says(error: BaseException) -> str:
    """What a reader said about a file; of NumPy's advice to unpickle what is no NumPy file only the fact.

    >>> reader_says(ValueError("This file contains pickled (object) data. If you trust the file ... allow_pickle="))
    'it is no NumPy file, or holds Python objects'
    """
    says = str(error)
    return "it is no NumPy file, or holds Python objects" if "pickle" in says or "Python objects" in says else says

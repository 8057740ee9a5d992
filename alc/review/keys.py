"""Which key stands for which class."""

from collections.abc import Sequence

__all__ = ["class_keys"]

LETTERS = "abcdefghjklmnopqrstvwy"
"""Without i, u, x and z, which the page has other uses for."""


def class_keys(class_names: Sequence[str]) -> tuple[str | None, ...]:
    """One key per class: 1 to 9, then letters; classes beyond these have none.

    A class whose name is a single digit or letter has that key: who sees a seven and presses 7 means the class "7",
    wherever it stands in the list.  Then "0" may be a class, and only the question mark says "cannot tell".

    >>> class_keys(["cat", "dog"])
    ('1', '2')
    >>> class_keys(["0", "1", "7", "none"])
    ('0', '1', '7', '2')
    """
    lowered = [name.lower() for name in class_names]
    own = [
        name if len(name) == 1 and name.isascii() and name.isalnum() and lowered.count(name) == 1 else None
        for name in lowered
    ]
    left = iter([key for key in "123456789" + LETTERS if key not in own])
    return tuple(key if key is not None else next(left, None) for key in own)

"""Class names: their order, and the index of a label as written."""

from collections.abc import Iterable, Sequence

from alc.errors import InputError, did_you_mean

__all__ = ["class_index", "class_order", "given_classes"]


def given_classes(classes: Sequence[object] | None) -> tuple[str, ...] | None:
    """``data.classes`` as strings, checked; None when the order is to be taken from the data."""
    if classes is None:
        return None
    if isinstance(classes, str):
        raise InputError(f"data.classes is {classes!r}", allowed="a list", fix="Type e.g. data.classes=[cat,dog]")
    names = tuple(str(name).strip() for name in classes)
    if len(names) < 2 or len(set(names)) < len(names) or "" in names:
        raise InputError(f"data.classes is {list(names)}", allowed="two different names or more")
    return names


def class_order(labels: Iterable[str]) -> tuple[str, ...]:
    """The distinct labels in order: by number if all are whole numbers, else by code point as text.

    >>> class_order(["10", "9", "10"]), class_order(["dog", "cat"])
    (('9', '10'), ('cat', 'dog'))
    """
    distinct = set(labels)
    if all(_is_number(label) for label in distinct):
        return tuple(str(number) for number in sorted({int(label) for label in distinct}))
    return tuple(sorted(distinct))


def class_index(label: str, classes: Sequence[str]) -> int | None:
    """Index of a label in ``classes``: by name, else as a number among numeric names, else as an index itself.

    >>> class_index("dog", ["cat", "dog"]), class_index("1", ["cat", "dog"]), class_index("09", ["9", "10"])
    (1, 1, 0)
    >>> class_index("2", ["cat", "dog"]) is None
    True
    """
    if label in classes:
        return classes.index(label)
    if not _is_number(label):
        return None
    if str(int(label)) in classes:
        return classes.index(str(int(label)))
    numeric_names = any(_is_number(name) for name in classes)
    return int(label) if int(label) < len(classes) and not numeric_names else None


def unknown_class(label: str, classes: Sequence[str]) -> tuple[str, str | None]:
    """What to say of a label that is no class: what is allowed, and the nearest name."""
    shown = ", ".join(classes[:20]) + (f", ... ({len(classes)} in all)" if len(classes) > 20 else "")
    return shown, did_you_mean(label, classes)


def _is_number(label: str) -> bool:
    return label.isascii() and label.isdigit() and len(label) < 19

"""``alc-clean``: Clean labels and train on them.

Two forms: ``alc-clean labels...`` trains on the labels that a simulation or a project ends with; ``alc-clean
answers=FILE project=FOLDER`` brings back the answers of people and trains nothing.
"""

import sys
from collections.abc import Sequence

from alc.cli.app import launch

__all__ = ["brings_answers", "listed", "main"]


def main() -> None:
    """Console script."""
    if brings_answers(sys.argv[1:]):
        sys.argv[1:] = listed(sys.argv[1:])
        launch("answers", "alc-clean")
        return
    launch("clean")


def brings_answers(arguments: Sequence[str]) -> bool:
    """Whether a command line is of the form that brings back answers.

    >>> brings_answers(["answers=a.json", "project=p"]), brings_answers(["labels.simulation=first"])
    (True, False)
    """
    return any(argument.startswith(("answers=", "project=")) for argument in arguments)


def listed(arguments: Sequence[str]) -> list[str]:
    """The same arguments with several files of answers as one list, which commas alone would not make.

    >>> listed(["answers=a.json,b.csv", "project=p"])
    ['answers=[a.json,b.csv]', 'project=p']
    """
    made = []
    for argument in arguments:
        key, _, value = argument.partition("=")
        several = key == "answers" and "," in value and not value.startswith(("[", "'", '"'))
        made.append(f"{key}=[{value}]" if several else argument)
    return made


if __name__ == "__main__":
    main()

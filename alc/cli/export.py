"""``alc-export``: Give out questions in rank order, to annotators or to the review page."""

import sys
from collections.abc import Sequence

from alc.cli.app import launch

__all__ = ["main", "spelt_out"]


def main() -> None:
    """Console script."""
    sys.argv[1:] = spelt_out(sys.argv[1:])
    launch("export")


def spelt_out(arguments: Sequence[str]) -> list[str]:
    """The same arguments with ``budget=N`` in full: in a config, budget alone is the group of a simulation.

    >>> spelt_out(["project=campaign", "budget=200"])
    ['project=campaign', 'round.budget=200']
    """
    return [f"round.{argument}" if argument.startswith("budget=") else argument for argument in arguments]


if __name__ == "__main__":
    main()

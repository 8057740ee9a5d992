"""Colour and dash of every selector, the same in every figure.

The colours are the eight of Okabe and Ito (2008), told apart with any common colour blindness, without the yellow that
vanishes on white.  The dash is a second sign for print without colour.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from itertools import product

__all__ = ["BLACK", "BLUE", "GREY", "RIGHT", "WRONG", "LineLook", "display_name", "distinct_looks", "line_looks"]

BLACK, GREY, BLUE, VERMILION, GREEN = "#000000", "#7F7F7F", "#0072B2", "#D55E00", "#009E73"
ORANGE, SKY, PURPLE = "#E69F00", "#56B4E9", "#CC79A7"
WRONG, RIGHT = VERMILION, BLUE  # a label that is truly wrong, truly right

SOLID: tuple[float, ...] = ()
DASHED, DASH_DOT, SHORT, LONG = (4.0, 1.5), (5.0, 1.5, 1.0, 1.5), (1.5, 1.0), (8.0, 2.0)


@dataclass(frozen=True, slots=True)
class LineLook:
    """How one selector is drawn: a colour, and ink and gap lengths in line widths (empty: a solid line)."""

    colour: str
    dashes: tuple[float, ...] = SOLID

    @property
    def linestyle(self) -> tuple[float, tuple[float, ...]]:
        """The dash as matplotlib takes it."""
        return (0.0, self.dashes)


KNOWN = {
    "random": LineLook(GREY),
    "oracle": LineLook(BLACK),
    "oracle_once": LineLook(BLACK, DASH_DOT),
    "cross_entropy": LineLook(BLUE),
    "joint": LineLook(VERMILION),
    "joint_released": LineLook(ORANGE, DASHED),
    "self_confidence": LineLook(GREEN),
    "normalized_margin": LineLook(PURPLE),
    "entropy": LineLook(SKY),
    "bald": LineLook(SKY, DASHED),
    # selectors of the paper's Fig. 3, by the model whose posteriors they used
    "vanilla": LineLook(PURPLE),
    "elr": LineLook(BLUE),
    "coteaching": LineLook(SKY),
    "ssl": LineLook(GREEN),
    "ssl_coteaching": LineLook(GREEN, DASHED),
    "vanilla_trained_on_clean_labels": LineLook(ORANGE),
}
COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)
SPARE = [LineLook(colour, dashes) for dashes, colour in product((LONG, SHORT, DASH_DOT), COLOURS)]
DISTINCT = [LineLook(colour, dashes) for dashes, colour in product((SOLID, DASHED, SHORT, DASH_DOT), COLOURS)]


def line_looks(names: Iterable[str]) -> dict[str, LineLook]:
    """The look of each selector name.

    Known names have fixed looks.  An unknown name takes the spare look that its own digest points at, so it keeps it
    from figure to figure; only where two unknown names of one figure point at the same does the later one, by name,
    take the next free look.

    >>> line_looks(["random", "mine"])["random"]
    LineLook(colour='#7F7F7F', dashes=())
    """
    names = list(dict.fromkeys(names))
    taken: set[int] = set()
    looks: dict[str, LineLook] = {}
    for name in sorted(set(names) - set(KNOWN)):
        slot = int.from_bytes(sha256(name.encode()).digest()[:4], "big") % len(SPARE)
        while slot in taken and len(taken) < len(SPARE):
            slot = (slot + 1) % len(SPARE)
        taken.add(slot)
        looks[name] = SPARE[slot]
    return {name: KNOWN.get(name) or looks[name] for name in names}


def distinct_looks(names: Iterable[str]) -> dict[str, LineLook]:
    """Looks for names that no other figure shares, e.g. models: another colour each, then dashed; by name, not order.

    >>> distinct_looks(["b", "a"])["a"].colour
    '#0072B2'
    """
    ordered = sorted(set(names))
    return {name: DISTINCT[place % len(DISTINCT)] for place, name in enumerate(ordered)}


def display_name(name: str) -> str:
    """A selector's name as a reader sees it.

    >>> display_name("cross_entropy")
    'cross entropy'
    """
    return name.replace("_", " ").strip() or repr(name)

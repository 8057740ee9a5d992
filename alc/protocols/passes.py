"""Passes: how often, and with what chance in it, a trained network is asked about the same images."""

from dataclasses import dataclass

from alc.errors import InputError

__all__ = ["ONE_PASS", "Passes", "check_number"]


def check_number(value: object, key: str, least: int = 1) -> None:
    """Refuse what is not a whole number of ``least`` or more."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InputError(f"{key} is {value!r}", allowed=f"a whole number of {least} or more")


@dataclass(frozen=True, slots=True)
class Passes:
    """T predictions of the same rows by the same networks; each becomes M members.

    Attributes:
        count: T.
        augmented: Whether each pass sees random views, as in training, instead of the images themselves.
        dropout: Whether dropout goes on.
    """

    count: int = 1
    augmented: bool = False
    dropout: bool = False

    def __post_init__(self) -> None:
        check_number(self.count, "posteriors: number of passes")
        if self.count > 1 and not (self.augmented or self.dropout):
            raise InputError(
                f"posteriors: {self.count} passes without chance are {self.count} copies of one",
                fix="Set posteriors.augmented=true, or posteriors.passes=1",
            )

    @property
    def label(self) -> str:
        """Text that tells results of different passes apart; empty for one plain pass."""
        return "" if self == ONE_PASS else f"{self.count} passes, augmented {self.augmented}, dropout {self.dropout}"


ONE_PASS = Passes()
"""The images as they are, seen once by the networks as they are."""

"""Budgets: how many annotations may be bought, and what happens to the sample in hand when they run out."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from alc.arrays import IntArray
from alc.errors import InputError

__all__ = ["Budget", "BudgetRule"]

BudgetRule = Literal["exact", "released"]


@dataclass(frozen=True, slots=True)
class Budget:
    """A number of annotations; images are not what is counted.

    Attributes:
        rule: ``exact`` never spends more, a sample left tied stays unresolved.  ``released`` starts a sample while the
            annotations spent are <= the budget and finishes it, as the authors' code does, so it ends 1 or more above.
        annotations: The number, or None to derive it.
        per_wrong_label: With ``annotations`` None: this many annotations per initially wrong label, rounded down.  The
            released code takes 3.0 (2.5 for NoisyCXR); the paper's Fig. 3b is plotted to 4.0 times.
        capped_at_samples: Whether a derived budget is at most N (the released code's cap).
    """

    rule: BudgetRule = "exact"
    annotations: int | None = None
    per_wrong_label: float = 4.0
    capped_at_samples: bool = False

    def __post_init__(self) -> None:
        if self.rule not in {"exact", "released"}:
            raise InputError(f"budget.rule={self.rule!r} is unknown", allowed="exact, released")
        if self.annotations is not None:
            typed: object = self.annotations
            if isinstance(typed, float) and typed.is_integer():  # 1e3 is a float to YAML
                object.__setattr__(self, "annotations", int(typed))
            if isinstance(self.annotations, bool) or not isinstance(self.annotations, int | np.integer):
                raise InputError(
                    f"budget.annotations={self.annotations!r}", allowed="a whole number of 1 or more, or null"
                )
            if self.annotations <= 0:
                raise InputError(
                    f"budget.annotations={self.annotations} buys nothing",
                    allowed="a whole number of 1 or more, or null to derive it from budget.per_wrong_label",
                    fix="Type e.g. budget.annotations=1000",
                )
        is_number = isinstance(self.per_wrong_label, int | float) and not isinstance(self.per_wrong_label, bool)
        if not is_number or not np.isfinite(self.per_wrong_label) or self.per_wrong_label <= 0:
            raise InputError(f"budget.per_wrong_label={self.per_wrong_label!r}", allowed="a number above 0")

    def size(self, num_wrong: int, num_samples: int) -> int:
        """Annotations to buy, given how many initial labels are wrong."""
        if self.annotations is not None:
            return int(self.annotations)
        derived = int(np.floor(self.per_wrong_label * num_wrong + 1e-9))
        if self.capped_at_samples:
            derived = min(derived, num_samples)
        if derived < 1:
            raise InputError(
                f"the budget of {self.per_wrong_label} annotations per wrong label is 0: {num_wrong} labels are wrong",
                fix="Add label noise (noise=symmetric) or type a budget, e.g. budget.annotations=1000",
            )
        return derived

    def num_events(self, cost: IntArray, budget: int) -> int:
        """How many of the annotations are bought when samples cost ``cost`` (K,) each, in the order asked."""
        total = np.cumsum(cost)
        if self.rule == "exact":
            return int(min(budget, total[-1])) if len(total) else 0
        started = int(np.searchsorted(total - cost, budget, side="right"))
        return int(total[started - 1]) if started else 0

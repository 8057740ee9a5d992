"""What a random sample says about all labels: the exact interval, and when a campaign may stop.

The samples are drawn without replacement from a population that is known to the last label, so the number of wrong ones
among them is hypergeometric and the interval inverts that law.  It holds for every size of sample and population, where
the normal approximation fails just when labels are nearly clean; for a large population it is the interval of Clopper
and Pearson (1934, Biometrika 26), and it closes when all samples have been audited.
"""

from dataclasses import dataclass
from math import exp, isfinite, lgamma

from alc.errors import InputError

__all__ = ["AuditEstimate", "audit_estimate", "audits_needed", "may_stop", "stop_bound"]


@dataclass(frozen=True, slots=True)
class AuditEstimate:
    """A share of wrong labels, with an interval.

    Attributes:
        rate: Unbiased estimate; NaN where nothing was audited.
        lower: Lower end of the interval, 0 to 1.
        upper: Its upper end.
        wrong: Wrong labels among the audited.
        audited: How many were audited.
        population: How many there are.
        confidence: Chance that an interval made like this holds the true share, at least.
    """

    rate: float
    lower: float
    upper: float
    wrong: int
    audited: int
    population: int
    confidence: float


def audit_estimate(wrong: int, audited: int, population: int, confidence: float = 0.95) -> AuditEstimate:
    """The share of wrong labels in a population, from a random sample of it.

    Args:
        wrong: Wrong labels in the sample.
        audited: Size of the sample, drawn without replacement; 0 gives the interval from 0 to 1.
        population: N.
        confidence: Of the two-sided interval; each end is missed with half the rest.

    Raises:
        InputError: The numbers do not fit, or the confidence is not between 0 and 1.

    >>> estimate = audit_estimate(2, 60, 1000)
    >>> round(estimate.rate, 4), estimate.lower, estimate.upper
    (0.0333, 0.005, 0.112)
    """
    _check(wrong, audited, population, confidence)
    tail = (1 - confidence) / 2
    return AuditEstimate(
        wrong / audited if audited else float("nan"),
        _fewest(wrong, audited, population, tail) / population,
        _most(wrong, audited, population, tail) / population,
        wrong,
        audited,
        population,
        confidence,
    )


def stop_bound(wrong: int, audited: int, population: int, look: int, confidence: float = 0.95) -> float:
    """Upper bound of the share of wrong labels for a decision that is looked at again after every round.

    Whoever looks until the bound is low enough sees chance help at some look.  So the risk of 1 - confidence is spread
    over all looks there may ever be: look r gets the part 1 / (r (r + 1)), and these sum to 1.  However many rounds
    there are, and whatever is relabelled between them, the chance to stop above the target is at most
    1 - confidence.

    Args:
        wrong: Wrong labels in the sample; whoever counts undecided ones as wrong errs on the safe side.
        audited: Size of the sample.
        population: N.
        look: Number of this look, from 1.
        confidence: Of the whole campaign.

    >>> stop_bound(0, 100, 10_000, look=1), stop_bound(0, 100, 10_000, look=3)
    (0.036, 0.053)
    """
    _check(wrong, audited, population, confidence)
    if look < 1:
        raise InputError(f"look {look}", allowed="1 or more")
    return _most(wrong, audited, population, (1 - confidence) / (look * (look + 1))) / population


def may_stop(
    wrong: int, audited: int, population: int, *, target: float, look: int = 1, confidence: float = 0.95
) -> bool:
    """Whether the share of wrong labels is below ``target`` for all one can tell, see :func:`stop_bound`."""
    return stop_bound(wrong, audited, population, look, confidence) < target


def audits_needed(population: int, *, target: float, look: int = 1, confidence: float = 0.95) -> int:
    """The fewest samples, all of them right, after which :func:`may_stop`: what an audit costs at the least.

    >>> audits_needed(10_000, target=0.05), audits_needed(10_000, target=0.01)
    (72, 361)
    """
    low, high = 0, population
    while low < high:
        middle = (low + high) // 2
        if may_stop(0, middle, population, target=target, look=look, confidence=confidence):
            high = middle
        else:
            low = middle + 1
    return low


def _check(wrong: int, audited: int, population: int, confidence: float) -> None:
    if not 0 <= wrong <= audited <= population or population < 1:
        raise InputError(
            f"{wrong} wrong labels among {audited} audited of {population}", allowed="0 <= wrong <= audited <= all"
        )
    if not isfinite(confidence) or not 0 < confidence < 1:
        raise InputError(f"confidence {confidence}", allowed="a number between 0 and 1, e.g. 0.95")


def _fewest(wrong: int, audited: int, population: int, tail: float) -> int:
    """The fewest wrong labels in all with which so many in the sample, or more, have a chance above ``tail``."""
    low, high = wrong, population - audited + wrong
    while low < high:
        middle = (low + high) // 2
        if 1 - _chance_of_at_most(wrong - 1, middle, audited, population) > tail:
            high = middle
        else:
            low = middle + 1
    return low


def _most(wrong: int, audited: int, population: int, tail: float) -> int:
    """The most wrong labels in all with which so few in the sample, or fewer, have a chance above ``tail``."""
    low, high = wrong, population - audited + wrong
    while low < high:
        middle = (low + high + 1) // 2
        if _chance_of_at_most(wrong, middle, audited, population) > tail:
            low = middle
        else:
            high = middle - 1
    return low


def _chance_of_at_most(wrong: int, wrong_in_all: int, audited: int, population: int) -> float:
    """Hypergeometric distribution function."""
    first = max(0, audited - (population - wrong_in_all))
    whole = _log_choose(population, audited)
    last = min(wrong, wrong_in_all, audited)
    terms = (
        _log_choose(wrong_in_all, k) + _log_choose(population - wrong_in_all, audited - k) - whole
        for k in range(first, last + 1)
    )
    return min(1.0, sum(exp(term) for term in terms))


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)

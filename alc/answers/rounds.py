"""Which samples a round asks about: what is open, the next of the ranking, and a random few that measure the labels."""

from typing import TYPE_CHECKING

import numpy as np

from alc.arrays import IntArray
from alc.errors import InputError
from alc.seeding import stream

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["audit_order", "audit_size", "give_out", "given_out", "reranked"]


def audit_order(sample_id: IntArray, seed: int) -> IntArray:
    """All sample ids in one random order; the first k of them are a random sample without replacement, whatever k.

    It depends on the ids and the seed alone, so every round goes on where the one before ended, and neither a ranking
    nor an answer can have a say in it.
    """
    return stream(seed, "audit").permutation(np.sort(sample_id))


def audit_size(budget: int, share: float) -> int:
    """How many of ``budget`` questions are the audit's: the rounded share, at least one unless the share is 0.

    >>> audit_size(200, 0.03), audit_size(10, 0.03), audit_size(10, 0.0)
    (6, 1, 0)
    """
    if isinstance(budget, bool) or not isinstance(budget, int) or budget < 1:
        raise InputError(f"budget={budget!r}", allowed="a whole number of 1 or more")
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
        raise InputError(f"audit.share={share!r}", allowed="a number from 0 to 1")
    return max(1, int(budget * share + 0.5)) if share > 0 else 0


def give_out(
    queue: "pd.DataFrame", *, is_open: IntArray, answered: IntArray, budget: int, share: float, seed: int
) -> "pd.DataFrame":
    """The queue with one round more.

    First come samples that the ranking came to before and that are not settled, then the ranking goes on.  The audit's
    samples are the next of :func:`audit_order`, strewn evenly among the others, so that whoever stops early leaves a
    random part of them.

    How far the ranking comes is decided by the budget alone: a sample on its way that was asked about for the audit
    takes its place like any other, without a second question.  So a round may have a few questions less than its
    budget; but were the ranking to go on instead, it would stop where a sample is not audited, the audited ones would
    be cleaned more often than the others, and say too little about them.

    Args:
        queue: Of a project, see :meth:`~alc.answers.project.Project.queue`; its rows that were not given out yet are in
            rank order.
        is_open: Ids of samples given out before that need a further answer.
        answered: Ids that somebody has answered.
        budget: Questions of this round, at most.
        share: Part of them for the audit.
        seed: Of the audit.

    Returns:
        All rows, in the order to ask: those of this round first, then those of earlier rounds, then the rest.
    """
    number = int(queue["round"].max()) + 1
    for_audit = audit_size(budget, share)
    ids = queue["sample_id"].to_numpy()
    reached = dict(zip(ids.tolist(), queue["reached"].tolist(), strict=True))
    waiting, heard = set(is_open.tolist()), set(answered.tolist())
    order = audit_order(ids, seed).tolist()
    before = int(queue["audit"].sum())
    unheard = [each for each in order[:before] if each not in heard and not reached[each]][:for_audit]
    drawn = order[before : before + for_audit - len(unheard)]
    random = unheard + [each for each in drawn if each not in heard and not (reached[each] and each in waiting)]

    ahead = (queue.sort_values("rank", kind="stable") if "rank" in queue else queue)["sample_id"].tolist()
    left = budget - for_audit
    again = [each for each in ahead if reached[each] and each in waiting][:left]
    passed = [each for each in ahead if not reached[each]][: left - len(again)]
    reached |= dict.fromkeys(passed, number)
    skipped = (heard - waiting) | set(random)
    asked = _strewn([*again, *(each for each in passed if each not in skipped)], random, stream(seed, "places", number))
    place = {each: position for position, each in enumerate(asked)}
    made = queue.assign(
        audit=queue["sample_id"].isin(order[: before + len(drawn)]),
        reached=queue["sample_id"].map(reached),
        round=np.where(queue["sample_id"].isin(asked), number, queue["round"]),
    )
    late = np.where(made["round"].to_numpy() > 0, len(ids), 2 * len(ids))
    key = np.asarray([place.get(each, after) for each, after in zip(ids.tolist(), late.tolist(), strict=True)])
    return made.iloc[np.argsort(key, kind="stable")].reset_index(drop=True)


def given_out(queue: "pd.DataFrame", number: int | None = None) -> "pd.DataFrame":
    """The rows of one round, the last one if none is named, in the order to ask."""
    return queue[queue["round"] == (int(queue["round"].max()) if number is None else number)]


def _strewn(main: list[int], few: list[int], rng: np.random.Generator) -> list[int]:
    """Both lists in one, the second at random places; each keeps its order."""
    places = set(rng.permutation(len(main) + len(few))[: len(few)].tolist())
    first, second = iter(main), iter(few)
    return [next(second) if place in places else next(first) for place in range(len(main) + len(few))]


def reranked(queue: "pd.DataFrame", ranking: "pd.DataFrame") -> "pd.DataFrame":
    """The queue in the order of another ranking of its samples; what was given out stays where it is.

    Args:
        queue: Of a project.
        ranking: The first to be asked about first; samples that it lacks keep their order behind the others.

    Raises:
        InputError: It ranks samples that the queue does not have.
    """
    order = {each: place for place, each in enumerate(ranking["sample_id"].tolist(), start=1)}
    ids = queue["sample_id"].tolist()
    if strange := set(order) - set(ids):
        raise InputError(
            f"the ranking has {len(strange)} samples that are not in the queue, e.g. {min(strange)}",
            allowed="a ranking of the same samples",
        )
    values = ranking.set_index("sample_id")
    made = queue.copy()
    for name in ("suggested", "p_given", "p_suggested", "score", "expected_cost"):
        if name in values:
            new = queue["sample_id"].map(values[name].astype(object))
            made[name] = new.where(new.notna(), queue[name]) if name in queue else new
    old = queue["rank"].tolist() if "rank" in queue else list(range(1, len(ids) + 1))
    made["rank"] = [order.get(each, len(ids) + before) for each, before in zip(ids, old, strict=True)]
    made["rank"] = made["rank"].rank(method="first").astype("int64")
    key = np.where(queue["round"].to_numpy() > 0, 0, made["rank"].to_numpy())
    return made.iloc[np.argsort(key, kind="stable")].reset_index(drop=True)

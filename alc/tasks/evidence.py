"""What a training keeps beside its posteriors, for the selectors that rank by it."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from omegaconf import DictConfig

from alc.build import build
from alc.dynamics import TrainingDynamics
from alc.errors import InputError
from alc.features import Features
from alc.posteriors import Posteriors
from alc.selection.selector import SelectionRule, compares_members, needs_out_of_sample
from alc.tasks.parent import Parent
from alc.tasks.unseen import judged_unseen, protocol_name

__all__ = ["Evidence", "read_evidence", "require_evidence"]


@dataclass(frozen=True, eq=False)
class Evidence:
    """Records of the training whose posteriors are ranked; None where no selector asks for them."""

    dynamics: TrainingDynamics | None = None
    features: Features | None = None


def require_evidence(config: DictConfig, parent: Parent | None, selectors: Iterable[SelectionRule]) -> None:
    """Refuse, before anything is trained, selectors whose evidence the training does not keep."""
    rules = list(selectors)
    trains = config.posteriors_from == "auto"
    if any(rule.needs_dynamics for rule in rules) and trains and not config.callbacks.dynamics:
        raise InputError(
            "a selector ranks by training dynamics, and callbacks.dynamics=false does not keep them",
            fix="Type callbacks.dynamics=true",
        )
    if any(rule.needs_features for rule in rules) and trains:
        if not config.method.get("keep_features", False):
            raise InputError(
                "a selector ranks by features, and method.keep_features=false does not keep them",
                fix="Type method.keep_features=true",
            )
        if judged_unseen(config.posteriors):
            raise _apart("posteriors=cross_fit")
    if trains and any(map(needs_out_of_sample, rules)) and not judged_unseen(config.posteriors):
        raise InputError(
            "a selector needs posteriors of models that had not seen the labels, "
            f"and {protocol_name(config.posteriors)} trains on all of them",
            allowed="posteriors=cross_fit",
            fix="Type posteriors=cross_fit, or choose a selector that takes any, e.g. selector=cross_entropy",
        )
    if parent is not None and trains and any(map(compares_members, rules)) and _members(config) == 1:
        raise InputError(
            "a selector compares several predictions of each sample, and this training makes one",
            allowed="posteriors=ensemble, posteriors=mc_dropout (with e.g. backbone.dropout=0.5), method=co_teaching",
            fix="Type posteriors=ensemble, or selector=entropy, which needs one",
        )
    if parent is not None and not trains:
        for name in _needed(rules):
            if parent.directory is None or not (parent.directory / name).is_file():
                raise InputError(
                    f"posteriors_from={config.posteriors_from} has no {name}, which a selector ranks by",
                    allowed="a training that keeps it: callbacks.dynamics=true, method.keep_features=true",
                    fix="Type posteriors_from=auto with these, or choose selectors that rank by posteriors",
                )


def read_evidence(parent: Parent | None, posteriors: Posteriors | None, selectors: Iterable[SelectionRule]) -> Evidence:
    """The evidence these selectors need, of the finished training."""
    needed = _needed(selectors)
    if parent is None or parent.directory is None or not needed:
        return Evidence()
    if "features.npz" in needed and posteriors is not None and posteriors.protocol == "cross_fit":
        raise _apart(f"{parent.title} is cross-fitted")
    return Evidence(
        TrainingDynamics.load(parent.directory / "dynamics.npz") if "dynamics.npz" in needed else None,
        Features.load(parent.directory / "features.npz") if "features.npz" in needed else None,
    )


def _needed(selectors: Iterable[SelectionRule]) -> list[str]:
    rules = list(selectors)
    files = {
        "dynamics.npz": any(rule.needs_dynamics for rule in rules),
        "features.npz": any(rule.needs_features for rule in rules),
    }
    return [name for name, asked in files.items() if asked]


def _members(config: DictConfig) -> int:
    """How many members the posteriors of this training will have: its networks, times how often each is made or asked.

    0 where its settings do not tell; they are refused elsewhere.
    """
    method = build(config, "method")
    networks = getattr(getattr(method, "func", method), "num_networks", 0)
    times = [config.posteriors.get(key, 1) for key in ("num_members", "num_passes", "passes")]
    return math.prod(each if isinstance(each, int) else 0 for each in (networks, *times))


def _apart(what: str) -> InputError:
    return InputError(
        f"a selector looks at neighbours, and {what}: each fold's network has a feature space of its own",
        allowed="features of one network for all samples",
        fix="Type posteriors=in_sample",
    )

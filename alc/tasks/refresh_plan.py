"""What a round of active cleaning is, as a config says it: where it starts, how long, how fast, on what terms."""

import math
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Literal, Self, get_args

from omegaconf import DictConfig, OmegaConf

from alc.errors import InputError
from alc.tasks.values import whole_number

__all__ = ["RefreshPlan"]

Start = Literal["current", "scratch"]
FORGET_RATES = ("reduced", "as_trained")


@dataclass(frozen=True)
class RefreshPlan:
    """One option of ``conf/refresh`` other than ``none``.

    What the code released with Bernhardt et al. 2022 does is ``fine_tune``, but for these: it trains on labels that
    miss the question just closed; it repeats the augmented prediction of a self-supervised network once instead of ten
    times; and after 19000 annotations it stops.

    Attributes:
        every: Annotations between two rounds.
        start: ``current``: the weights of the round before; ``scratch``: where the training started.
        epochs: Of a round.
        learning_rate: Of a round, or None.
        learning_rate_factor: Times that of the training, or None; one of the two is a number.
        scheduler: Of a round, a section as in ``conf/scheduler``; None for that of the training.
        forget_rate: Of co-teaching; see :meth:`of_round`.
        warm_up: Of co-teaching; None for that of the training.
        gradual: Of co-teaching; None for that of the training.
    """

    every: int
    start: Start
    epochs: int
    learning_rate: float | None
    learning_rate_factor: float | None
    scheduler: dict[str, Any] | None
    forget_rate: str | float
    warm_up: int | None
    gradual: int | None

    @classmethod
    def of(cls, config: DictConfig) -> Self | None:
        """The plan of a config; None where models stay as they are.  A refusal names the key and the value."""
        section = config.get("refresh")
        if not section:
            return None
        if section.start not in get_args(Start):
            raise InputError(f"refresh.start={section.start!r}", allowed=", ".join(get_args(Start)))
        rate, factor = (_positive(config, f"refresh.{key}") for key in ("learning_rate", "learning_rate_factor"))
        if rate is None and factor is None:
            raise InputError(
                "refresh.learning_rate and refresh.learning_rate_factor are both null",
                allowed="one of them a number",
                fix="Type e.g. refresh.learning_rate_factor=0.1",
            )
        scheduler = OmegaConf.to_container(section.scheduler, resolve=False) if section.scheduler else None
        assert scheduler is None or isinstance(scheduler, dict)
        return cls(
            every=whole_number(config, "refresh.every", least=1),
            start=section.start,
            epochs=whole_number(config, "refresh.epochs", least=1),
            learning_rate=rate,
            learning_rate_factor=factor if rate is None else None,
            scheduler=None if scheduler is None else {str(key): value for key, value in scheduler.items()},
            forget_rate=_forget_rate(section.forget_rate),
            warm_up=None if section.warm_up is None else whole_number(config, "refresh.warm_up", least=0),
            gradual=None if section.gradual is None else whole_number(config, "refresh.gradual", least=0),
        )

    @property
    def goes_on(self) -> bool:
        """Whether rounds go on from weights."""
        return self.start == "current"

    def of_round(self, config: DictConfig, share: float, trained_rate: float | None) -> DictConfig:
        """The config of a round.

        Co-teaching leaves out the share of labels it takes to be wrong.  What was corrected is wrong no more, so
        ``reduced`` takes the share of changed labels off, down to 0.  An estimated rate is taken from the weights, and
        estimated anew by a round that starts from scratch.

        Args:
            config: Of the training.
            share: Of labels that differ from those of the training.
            trained_rate: The forget rate the training came to, if its weights say so.
        """
        made = deepcopy(config)
        OmegaConf.set_struct(made, False)
        made.trainer.max_epochs = self.epochs
        if "lr" not in made.optimizer:
            raise InputError(
                "the optimizer has no learning rate lr, which refresh sets", allowed="optimizer=sgd, adamw"
            )
        made.optimizer.lr = self._rate(float(made.optimizer.lr))
        if self.scheduler is not None:
            made.scheduler = self.scheduler
        if self.goes_on:  # neither plays a part any more, so neither is part of the round's identity
            made.ssl = {}
            if "weights" in made.backbone:
                made.backbone.weights = None
        made.callbacks.dynamics = False  # nobody reads them of a round
        if "keep_features" in made.method:
            made.method.keep_features = False
        if "forget_rate" in made.method:
            made.method.forget_rate = self._forget(made.method.forget_rate, share, trained_rate)
            for key in ("warm_up", "gradual"):
                if getattr(self, key) is not None:
                    made.method[key] = getattr(self, key)
        return made

    def _rate(self, trained: float) -> float:
        if self.learning_rate is not None:
            return self.learning_rate
        assert self.learning_rate_factor is not None
        return trained * self.learning_rate_factor

    def _forget(self, trained: str | float, share: float, trained_rate: float | None) -> str | float:
        if not isinstance(self.forget_rate, str):
            return self.forget_rate
        if isinstance(trained, str):
            if not self.goes_on:
                return trained
            if trained_rate is None:
                raise InputError(
                    "refresh.forget_rate: the weights of the training do not say what forget rate it came to",
                    fix="Type the rate, e.g. refresh.forget_rate=0.2, or train again with force=true",
                )
            trained = trained_rate
        return max(0.0, trained - share) if self.forget_rate == "reduced" else float(trained)


def _positive(config: DictConfig, key: str) -> float | None:
    value = OmegaConf.select(config, key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise InputError(f"{key}={value!r}", allowed="a number above 0, or null")
    return float(value)


def _forget_rate(value: object) -> str | float:
    if isinstance(value, str) and value in FORGET_RATES:
        return value
    if isinstance(value, str | bool) or not isinstance(value, int | float) or not 0 <= value < 1:
        raise InputError(
            f"refresh.forget_rate={value!r}", allowed=f"{', '.join(FORGET_RATES)}, or a number from 0 to less than 1"
        )
    return float(value)

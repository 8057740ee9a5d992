"""What can be known of a point of a sweep before anything runs: its values, and that its objects can be made."""

import json
from dataclasses import dataclass, field

from omegaconf import DictConfig

from alc.build import build
from alc.tasks.plan import Plan
from alc.tasks.problem import plain
from alc.tasks.values import check_values

__all__ = ["PointCheck"]

MADE = ("data", "noise", "selector", "annotator", "adjudication", "budget")
"""Groups whose objects are made within milliseconds, without torch; networks and files are left to the job."""


@dataclass
class PointCheck:
    """Checks one point after the other; what several of them share is checked once.

    Attributes:
        task: The task of the sweep.
        seen: What was found good.
    """

    task: str
    seen: set[str] = field(default_factory=set)

    def __call__(self, config: DictConfig) -> None:
        """Refuse a config that its task would refuse before it reads or trains anything.

        Raises:
            InputError: A value is out of range, or a constructor refuses its arguments.
        """
        content = plain(config)
        if "loader" in content:  # the tasks that only read finished runs have none
            check_values(config)
        for group in (group for group in MADE if content.get(group)):
            if self._is_new(group, content[group]):
                build(config, group)
        if self.task == "simulate":
            parts = [content.get(name) for name in ("selector", "adjudication", "simulation")]
            if self._is_new("plan", [*parts, content["seeds"]["annotator"]]):
                Plan.of(config)

    def _is_new(self, name: str, content: object) -> bool:
        key = json.dumps([name, content], default=str)
        new = key not in self.seen
        self.seen.add(key)
        return new

"""All points of a sweep, composed and checked before the first of them runs."""

import shlex
from collections.abc import Callable, Sequence

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.types import Override
from omegaconf import DictConfig, OmegaConf

from alc.cli.composer import Composer
from alc.cli.job import require_values
from alc.errors import InputError

__all__ = ["check_points"]


def check_points(composer: Composer, overrides: Sequence[Override], check: Callable[[DictConfig], None]) -> int:
    """Compose every point and check it, a few hundredths of a second each; an error says which point it is.

    Sweepers that find their points as they go are checked at the first value of everything that is swept.

    Args:
        composer: Of the command.
        overrides: Everything that is given, swept or not.
        check: Refuses a config by an :class:`InputError`.

    Returns:
        How many points were checked; 0 where the sweeper finds them as it goes.
    """
    swept = {override.get_key_element() for override in overrides if override.is_sweep_override()}
    sweeper = str(OmegaConf.select(composer.compose(overrides), "hydra.sweeper._target_"))
    points, known = [list(overrides)], sweeper.endswith(".BasicSweeper")
    if known:
        (lines,) = BasicSweeper.split_arguments(list(overrides), None)
        points = [composer.parse(point) for point in lines]
    for point in points:
        try:
            config = composer.compose(point)
            config = OmegaConf.masked_copy(config, [str(key) for key in config if key != "hydra"])
            require_values(config)
            check(config)
        except InputError as error:
            of = [override.input_line or "" for override in point if override.get_key_element() in swept]
            told = shlex.join(of)
            where = f"point {told}: " if told not in error.problem else ""
            raise InputError(f"{where}{error.problem}", allowed=error.allowed, fix=error.fix) from error
    return len(points) if known else 0

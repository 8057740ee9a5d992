"""The command line, checked before anything runs: one short message for a typo, also in the last job of a sweep."""

from collections.abc import Sequence
from pathlib import Path

from hydra._internal.utils import get_args_parser
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.types import RunMode
from omegaconf import OmegaConf

from alc.cli.composer import LISTS, Composer
from alc.errors import InputError

__all__ = ["check", "overrides_last", "swept"]

_TAKES_VALUE = {"-c", "--cfg", "-p", "--package", "-cp", "--config-path", "-cn", "--config-name", "-cd", "--config-dir"}


def check(arguments: Sequence[str], *, program: str, config_name: str, config_path: Path) -> int:
    """Refuse a command line that can not be composed, naming the argument at fault.

    Args:
        arguments: What follows the program's name.
        program: The program's name, for messages.
        config_name: The primary config, unless ``-cn`` names another.
        config_path: Folder of the configs; ``-cd`` adds one.

    Returns:
        How many points a sweep has, as far as that is known beforehand; 0 where nothing is swept.

    Raises:
        InputError: An argument is malformed, names a key, group or option that does not exist, puts a value in the
            place of a section, or sweeps without ``-m``; a point of a sweep has a value that its task refuses, or the
            runs folder of a sweep can not be written.
    """
    args = get_args_parser().parse_args(list(arguments))
    if args.help or args.hydra_help or args.info or args.shell_completion or args.experimental_rerun:
        return 0
    if args.config_path is not None:
        return 0  # another tree of configs altogether: Hydra's own messages serve
    composer = Composer.make(program, args.config_name or config_name, config_path, args.config_dir)
    typed = composer.parse(args.overrides)
    config = composer.compose(typed)
    if not (args.multirun or args.cfg or config.hydra.mode == RunMode.MULTIRUN):
        _refuse_sweeps(typed)
        return 0
    stored = OmegaConf.select(config, "hydra.sweeper.params", default=None) or {}
    named = {override.get_key_element() for override in typed}
    swept = composer.parse([f"{key}={value}" for key, value in stored.items() if key not in named]) + typed
    if args.cfg:
        return 0
    from alc.cli.points import check_points
    from alc.runs.run_dir import require_writable
    from alc.tasks.points import PointCheck

    points = check_points(composer, swept, PointCheck(program.removeprefix("alc-")))
    require_writable(Path(str(config.paths.runs)))
    return points


def overrides_last(arguments: Sequence[str]) -> list[str]:
    """The same arguments with the flags first: Hydra's parser takes overrides only where they stand together.

    >>> overrides_last(["seed=1", "-m", "noise.rate=0.1,0.2", "-cn", "sweep"])
    ['-m', '-cn', 'sweep', 'seed=1', 'noise.rate=0.1,0.2']
    """
    flags: list[str] = []
    overrides: list[str] = []
    for before, argument in zip(["", *arguments], arguments, strict=False):
        (flags if argument.startswith("-") or before in _TAKES_VALUE else overrides).append(argument)
    return flags + overrides


def swept(arguments: Sequence[str]) -> list[str]:
    """The keys of a checked command line that are given several values.

    >>> swept(["-m", "seed=1,2", "noise.rate=0.1", "selector=[joint,oracle]"])
    ['seed']
    """
    parser = OverridesParser.create()
    typed = [parser.parse_override(argument) for argument in get_args_parser().parse_args(list(arguments)).overrides]
    return [str(override.get_key_element()) for override in typed if override.is_sweep_override()]


def _refuse_sweeps(overrides: Sequence[Override]) -> None:
    for override in overrides:
        if override.is_sweep_override():
            line = override.input_line or ""
            values = line.partition("=")[2]
            one = f", or {override.key_or_group}=[{values}] for one run with all ({LISTS})" if "(" not in values else ""
            raise InputError(f"{line} asks for several runs", fix=f"Add -m to run each value on its own{one}")

"""Composing a config as Hydra will, to see beforehand whether it can.

An option is blamed only after Hydra has refused it, so nothing is refused that Hydra would have taken.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.utils import create_config_search_path
from hydra.core.config_search_path import SearchPathQuery
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.core.utils import setup_globals
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from alc.cli.culprit import blame_group, blame_key, blame_launcher, blame_option
from alc.errors import InputError, did_you_mean

__all__ = ["LISTS", "Composer"]

LISTS = "quote brackets in zsh: 'selector=[joint,oracle]'"


@dataclass(frozen=True)
class Composer:
    """The primary config of one command and the folders it is made from."""

    program: str
    config_name: str
    loader: ConfigLoaderImpl
    loaded: dict[tuple[str, ...], DictConfig] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def make(cls, program: str, config_name: str, config_path: Path, extra: str | None) -> "Composer":
        """Search ``config_path``, then the folder of ``-cd``, as Hydra does."""
        path = create_config_search_path(str(config_path))
        folders = [config_path]
        if extra is not None:
            folder = Path(extra).absolute()
            if not folder.is_dir():
                raise InputError(f"-cd {extra}: there is no folder {folder}", fix="Type the folder of your configs")
            path.prepend("command-line", f"file://{folder}", SearchPathQuery(provider="schema"))
            folders.append(folder)
        setup_globals()
        loader = ConfigLoaderImpl(config_search_path=path)
        if not loader.repository.config_exists(config_name):
            known = sorted({file.stem for folder in folders for file in folder.glob("*.yaml")})
            problem = f"-cn {config_name}: no such config in {' or '.join(map(str, folders))}"
            raise InputError(problem, allowed=", ".join(known), fix=did_you_mean(config_name, known))
        return cls(program, config_name, loader)

    def parse(self, arguments: Sequence[str]) -> list[Override]:
        """Each ``key=value`` as an override, or an error that quotes it."""
        parser = OverridesParser.create(config_loader=self.loader)
        parsed: list[Override] = []
        for argument in arguments:
            try:
                parsed += parser.parse_overrides([argument])
            except HydraException as error:
                example = "" if "=" in argument else ", e.g. seed=1 or selector=joint"
                problem = f"{argument!r} is no override: {_first_line(error)}"
                raise InputError(problem, fix=f"Type key=value{example} ({LISTS})") from error
        return parsed

    def compose(self, overrides: Sequence[Override]) -> DictConfig:
        """The config with the first value of everything that is swept, or an error that names the override at fault.

        Only options and Hydra's own settings are left to Hydra; keys are looked up in what they compose to, which costs
        one composition instead of two and tells a section from a value.
        """
        once = self.parse([_first_value(override) for override in overrides])
        choices = [override for override in once if self.options(override) or override.is_hydra_override()]
        keys = [override for override in once if override not in choices]
        with _told():
            try:
                config = self._load(choices)
            except HydraException as error:
                blame_launcher(error)
                self._blame(choices, error)
                raise
            except ValueError:
                self._blame_options(choices)
                raise
        blame_key(keys, config, self._having)
        for override in keys:
            if not override.is_delete():
                OmegaConf.update(config, override.key_or_group, override.value(), force_add=True)
        return config

    def options(self, override: Override) -> list[str]:
        """The options of the group that is overridden; none if it is a key."""
        return self._options(override.key_or_group)

    def _options(self, group: str) -> list[str]:
        if group not in self.groups:
            self.groups[group] = list(self.loader.get_group_options(group))
        return self.groups[group]

    def _having(self, key: str) -> list[str]:
        """The options of a key's group that have that key."""
        group = key.partition(".")[0]
        configs = {option: self._load(self.parse([f"{group}={option}"])) for option in self._options(group)}
        return [option for option, config in configs.items() if _has(config, key)]

    def _load(self, overrides: Sequence[Override]) -> DictConfig:
        lines = tuple(override.input_line or "" for override in overrides)
        if lines not in self.loaded:  # the points of a sweep share few combinations of options, and each takes 0.15 s
            config = self.loader.load_configuration(self.config_name, list(lines), RunMode.RUN, from_shell=False)
            self.loaded[lines] = config
        return deepcopy(self.loaded[lines])

    def _blame(self, choices: list[Override], error: HydraException) -> None:
        self._blame_options(choices)
        blame_group(choices, error, self._load([]), self.program)

    def _blame_options(self, choices: list[Override]) -> None:
        for override in choices:
            blame_option(override, self.options(override))


def _has(config: DictConfig, key: str) -> bool:
    node: object = OmegaConf.to_container(config, resolve=False)
    for part in key.split("."):
        if not isinstance(node, dict) or part not in node:
            return False
        node = node[part]
    return True


def _first_value(override: Override) -> str:
    if override.is_sweep_override() and override.is_discrete_sweep():
        return f"{override.get_key_element()}={next(override.sweep_string_iterator(), '')}"
    return override.input_line or ""


def _first_line(error: BaseException) -> str:
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)


@contextmanager
def _told() -> Iterator[None]:
    """What the config libraries say, in one line."""
    try:
        yield
    except InputError:
        raise
    except (HydraException, OmegaConfBaseException, ValueError, TypeError) as error:
        cause = f" {_first_line(error.__cause__)}" if isinstance(error.__cause__, OmegaConfBaseException) else ""
        raise InputError((_first_line(error) + cause).strip()) from error
    except YAMLError as error:
        raise InputError(f"a config file is not valid YAML: {' '.join(str(error).split())}") from error

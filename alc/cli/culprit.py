"""Which override is at fault when a config can not be composed; each function raises for the first it finds."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from hydra.core.override_parser.types import Override
from omegaconf import DictConfig, OmegaConf

from alc.errors import InputError, did_you_mean

__all__ = ["blame_group", "blame_key", "blame_launcher", "blame_option"]

PLUGINS = {
    "joblib": ("launcher=joblib", "hydra-joblib-launcher>=1.2"),
    "submitit_local": ("hydra/launcher=submitit_local", "hydra-submitit-launcher>=1.2"),
    "submitit_slurm": ("launcher=slurm", "hydra-submitit-launcher>=1.2"),
}
"""Hydra's launchers that are packages of their own, and how one asks for them."""


def blame_option(override: Override, options: Sequence[str]) -> None:
    """An option that the group does not have."""
    value, group = override.value(), override.key_or_group
    for option in value if isinstance(value, list) else [value]:
        if option is not None and str(option) not in options:
            problem = f"{group}={option}: there is no {group} of that name"
            raise InputError(problem, allowed=", ".join(options), fix=did_you_mean(str(option), options))


def blame_launcher(error: Exception) -> None:
    """A launcher that is not installed."""
    wanted = re.search(r"hydra/launcher/(\w+)", str(error))
    if wanted and wanted[1] in PLUGINS:
        typed, package = PLUGINS[wanted[1]]
        raise InputError(
            f"{typed} needs a package that is not installed", fix=f"Type python -m pip install '{package}'"
        ) from error


def blame_group(choices: Sequence[Override], error: Exception, config: DictConfig, program: str) -> None:
    """A group that exists, but not for this command."""
    refused = re.search(r"Could not override '([^']+)'.*No match in the defaults list", str(error), re.DOTALL)
    for override in choices:
        if refused and override.get_key_element() == refused[1]:
            problem = f"{override.input_line}: {program} does not use the group {override.key_or_group!r}"
            used = sorted(str(group) for group in config.hydra.runtime.choices if not str(group).startswith("hydra"))
            raise InputError(problem, allowed=", ".join(used))


def blame_key(
    overrides: Sequence[Override], config: DictConfig, having: Callable[[str], Sequence[str]] = lambda key: ()
) -> None:
    """A key that is not in the config with the chosen options, or a value for what is a section of keys.

    Args:
        overrides: Of keys.
        config: With the chosen options.
        having: Of a key of a group, the options of that group that have it.
    """
    plain = _plain(config)
    for override in overrides:
        if not (override.is_add() or override.is_force_add()):
            _blame_empty_group(override, plain, having)
            _require_key(override, plain)


def _blame_empty_group(override: Override, config: Mapping[str, Any], having: Callable[[str], Sequence[str]]) -> None:
    """A key of a group whose chosen option has no keys at all, such as ``none``."""
    group, _, inside = override.key_or_group.partition(".")
    chosen = config["hydra"]["runtime"]["choices"].get(group)
    if inside and chosen is not None and config.get(group) == {}:
        options = having(override.key_or_group)
        others = options or [option for option in having(group) if option != chosen]
        raise InputError(
            f"config key {override.key_or_group!r} does not exist: {group}={chosen} has no keys",
            allowed=f"keys of {' or '.join(f'{group}={option}' for option in others)}",
            fix=f"Type e.g. {group}={options[0]} {override.input_line}" if options else None,
        )


def _require_key(override: Override, config: Mapping[str, Any]) -> None:
    key = override.key_or_group
    node: Any = config
    parts = key.split(".")
    for i, part in enumerate(parts):
        level = ".".join(parts[:i])
        if isinstance(node, list) or node is None or (isinstance(node, str) and "${" in node):
            return  # an element of a list, or something only Hydra can resolve
        if not isinstance(node, Mapping):
            raise InputError(f"config key {key!r} does not exist: {level!r} is a value, not a section")
        if part not in node:
            known = [str(name) for name in node if name != "hydra"]
            if not known:  # arguments for something that takes any, e.g. backbone.options
                problem = f"config key {key!r} does not exist: {level!r} holds nothing so far"
                raise InputError(problem, fix=f"Type +{override.input_line} to add it")
            allowed = ", ".join(known) + (f" (in {level!r})" if level else "")
            near = did_you_mean(part, known) or _elsewhere(parts[-1], config)
            raise InputError(f"config key {key!r} does not exist", allowed=allowed, fix=near)
        node = node[part]
    value = None if override.is_delete() else override.value()
    if isinstance(node, Mapping) and isinstance(value, dict) and (new := [name for name in value if name not in node]):
        keys = ", ".join(map(str, node)) or None
        raise InputError(f"{key} has no key {new[0]!r}", allowed=keys, fix=f"Type +{key}.{new[0]}=VALUE to add it")
    if isinstance(node, Mapping) and node and not (value is None or isinstance(value, dict)):
        keys = f"its keys {', '.join(map(str, node))}"
        problem = f"{override.input_line}: {key} is a section and takes no value"
        raise InputError(problem, allowed=keys, fix=f"Type e.g. {key}.{next(iter(node))}=VALUE")


def _elsewhere(name: str, config: Mapping[str, Any]) -> str | None:
    """A key of that very name in another section."""
    places = [key for key in _dotted(config, "") if key.rpartition(".")[2] == name and not key.startswith("hydra.")]
    return f"Did you mean {' or '.join(map(repr, places[:3]))}?" if places else None


def _dotted(node: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for name, entry in node.items():
        yield f"{prefix}{name}"
        if isinstance(entry, Mapping):
            yield from _dotted(entry, f"{prefix}{name}.")


def _plain(config: DictConfig) -> dict[str, Any]:
    plain = OmegaConf.to_container(config, resolve=False)
    assert isinstance(plain, dict)
    return {str(key): entry for key, entry in plain.items()}

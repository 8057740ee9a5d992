"""From config to objects: the one place that calls ``hydra.utils.instantiate``."""

import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any

from omegaconf import DictConfig, ListConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from alc.errors import InputError, did_you_mean
from alc.resolvers import register

__all__ = ["ALLOWED", "build"]

ALLOWED: tuple[str, ...] = ("alc.", "torch.", "torchvision.", "timm.", "lightly.", "pytorch_lightning.")
"""What a ``_target_`` may start with: a config is data, and data must not be able to call anything else."""

register()


def build(config: DictConfig, key: str, *args: object, **kwargs: object) -> Any:
    """The object that ``config.<key>`` describes.

    A section with ``_target_`` becomes the object, with ``_partial_: true`` a callable that still takes arguments; a
    section of such sections (the selectors) becomes a dict of objects.  Constructors get plain lists and dicts, never
    config containers.  A missing or empty section gives None.

    Args:
        config: The composed config.
        key: Dotted key of the section, e.g. ``"optimizer"``.
        args: Further positional arguments of the target.
        kwargs: Further keyword arguments, which win over the config's.

    Raises:
        InputError: A target is outside :data:`ALLOWED` or unknown, or refuses its arguments; the key is named.
    """
    from hydra.errors import InstantiationException
    from hydra.utils import instantiate

    try:
        node = OmegaConf.select(config, key, throw_on_missing=True)
        if node is None or (isinstance(node, DictConfig | ListConfig) and not len(node)):
            return None
        described = list(_targets(OmegaConf.to_container(node, resolve=True, throw_on_missing=True), key))
    except OmegaConfBaseException as error:
        raise InputError(f"config key {key!r}: {str(error).splitlines()[0]}", fix=_show(key)) from error
    for where, target, arguments in described:
        _require_allowed(where, target)
        _require_known(where, target, arguments)
    targets = {where: target for where, target, _ in described}
    try:
        return instantiate(node, *args, _convert_="all", **kwargs)
    except InstantiationException as error:
        raise _explain(error, key, targets) from error


def _targets(node: object, key: str) -> Iterator[tuple[str, str, list[str]]]:
    """Key, target and argument names of every object that a section describes."""
    if isinstance(node, Mapping):
        if "_target_" in node:
            yield key, str(node["_target_"]), [str(name) for name in node if not re.fullmatch("_.*_", str(name))]
        for name, entry in node.items():
            yield from _targets(entry, f"{key}.{name}")
    elif isinstance(node, list):
        for i, entry in enumerate(node):
            yield from _targets(entry, f"{key}[{i}]")


def _require_allowed(key: str, target: str) -> None:
    if not target.startswith(ALLOWED):
        allowed = "names that start with " + ", ".join(ALLOWED)
        raise InputError(f"{key}._target_ is {target!r}, which a config may not call", allowed=allowed)


def _require_known(key: str, target: str, arguments: list[str]) -> None:
    """Refuse an argument the target does not have now; a partial would complain only when it is called."""
    names = _parameters(target)
    for argument in arguments:
        if names is not None and argument not in names:
            problem = f"{key} can not be built by {target}: it has no argument {argument!r}"
            raise InputError(problem, allowed=", ".join(names) or "no arguments", fix=did_you_mean(argument, names))


def _explain(error: Exception, key: str, targets: Mapping[str, str]) -> InputError:
    """Name the key and say what its constructor said; an InputError of the constructor keeps its own words."""
    text = str(error)
    where = text.rpartition("full_key: ")[2].strip() if "full_key: " in text else key
    where = where if where in targets else key
    cause = error.__cause__
    if isinstance(cause, InputError):
        problem = cause.problem if cause.problem.startswith(where) else f"{where}: {cause.problem}"
        return InputError(problem, allowed=cause.allowed, fix=cause.fix)
    target = targets.get(where, where)
    reason = str(cause or error).splitlines()[0]
    if cause is not None and not isinstance(cause, TypeError | ValueError | ImportError | AttributeError):
        reason = f"{type(cause).__name__}: {reason}"
    names = _parameters(target) if isinstance(cause, TypeError) else None
    allowed = ", ".join(names) if names else None
    return InputError(f"{where} can not be built by {target}: {reason}", allowed=allowed, fix=_show(where))


def _parameters(target: str) -> list[str] | None:
    """Names of the arguments; None where they can not be known or any name is taken."""
    from hydra.utils import get_object

    try:
        found = inspect.signature(get_object(target)).parameters.values()
    except (ValueError, TypeError, ImportError):
        return None
    if any(parameter.kind == parameter.VAR_KEYWORD for parameter in found):
        return None
    return [parameter.name for parameter in found if parameter.kind != parameter.VAR_POSITIONAL]


def _show(key: str) -> str:
    return f"Add '--cfg job --package {key}' to the command to see what it is set to"

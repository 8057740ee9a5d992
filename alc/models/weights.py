"""Weights from a file, loaded without running any code the file may hold."""

from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError

import torch
from torch import Tensor, nn

from alc.errors import InputError

__all__ = ["load_weights", "read_weights"]

CONTAINERS = ("state_dict", "model", "network", "teacher", "student")


def read_weights(path: Path) -> dict[str, Tensor]:
    """Name -> tensor from ``.safetensors`` or anything ``torch.load(weights_only=True)`` accepts."""
    fix = "Give a .safetensors file, or one written by torch.save of a state dict"
    if not path.is_file():
        raise InputError(f"weights file {path} does not exist", fix=fix)
    content: object
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            content = load_file(path)
        else:
            content = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, ValueError, EOFError, KeyError, UnpicklingError) as error:
        raise InputError(f"weights file {path} cannot be read ({_first_line(error)})", fix=fix) from error
    except Exception as error:  # safetensors raises a type of its own that derives from nothing more specific
        raise InputError(f"weights file {path} is damaged ({_first_line(error)})", fix=fix) from error
    for name in CONTAINERS:
        if isinstance(content, Mapping) and isinstance(content.get(name), Mapping):
            content = content[name]
    tensors = content if isinstance(content, Mapping) else {}
    found = {str(name): value for name, value in tensors.items() if isinstance(value, Tensor)}
    if not found:
        raise InputError(f"weights file {path} holds no tensors", fix=fix)
    return found


def load_weights(module: nn.Module, path: Path, head: str) -> None:
    """Fill ``module`` from a file; only its classifier (parameters under ``head``) may be absent or of another size.

    A prefix that all names share in the file (``module.``, ``networks.0.``) is dropped when that makes them fit.
    """
    tensors, own = read_weights(path), module.state_dict()
    tensors = _without_prefix(tensors, own)
    body = {name for name in own if not name.startswith(f"{head}.")}
    missing = sorted(body - tensors.keys())
    if missing:
        raise InputError(
            f"weights file {path} is of another architecture: it lacks {len(missing)} of {len(body)} tensors, "
            f"the first is {missing[0]}",
            fix="Choose the backbone the weights were trained with",
        )
    for name in sorted(body):
        if tensors[name].shape != own[name].shape:
            raise InputError(
                f"weights file {path}: {name} has shape {tuple(tensors[name].shape)}",
                allowed=f"{tuple(own[name].shape)}, as in the chosen backbone",
            )
    fitting = {name: tensors[name] for name in own if name in tensors and tensors[name].shape == own[name].shape}
    module.load_state_dict(fitting, strict=False)


def _without_prefix(tensors: dict[str, Tensor], own: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors renamed by the prefix that makes most of them fit."""
    first = next(iter(own))
    prefixes = {""} | {name.removesuffix(first) for name in tensors if name.endswith(first)}
    best = max(sorted(prefixes), key=lambda prefix: sum(f"{prefix}{name}" in tensors for name in own))
    return {name.removeprefix(best): value for name, value in tensors.items() if name.startswith(best)}


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__

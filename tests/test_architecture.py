"""Rules of the code base as tests: layers, no torch in the cleaning half, small modules, light commands."""

import ast
import importlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import alc
from alc.cli.app import config_directory

ROOT = Path(alc.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))
TORCH = {"torch", "torchvision", "pytorch_lightning", "lightning", "timm", "lightly", "torchmetrics"}

VALUES = {
    "annotations",
    "arrays",
    "atomic",
    "categorical",
    "dynamics",
    "errors",
    "features",
    "labels",
    "posteriors",
    "samples",
    "seeding",
}
CHAIN = [
    "noise",
    "metrics",
    "annotators",
    "consensus",
    "adjudication",
    "selection",
    "simulation",
    "leaderboard",
    "comparison",
    "treatments",
    "model_selection",
    "figures",
    "ranking",
]
CHAIN += ["notebook", "report", "answers", "export"]
"""The cleaning half: each imports only what stands before it."""

BELOW: dict[str, set[str]] = {
    **dict.fromkeys(VALUES, VALUES),
    **{name: VALUES | set(CHAIN[:i]) for i, name in enumerate(CHAIN)},
    "answers": VALUES | {"sources"} | set(CHAIN[: CHAIN.index("answers")]),
    "folds": VALUES,
    "kernel_ridge": VALUES,
    "knn_posteriors": VALUES | {"folds"} | set(CHAIN[: CHAIN.index("simulation")]),
    "sources": VALUES,
    "review": VALUES | {"sources", "answers"},
    "data": VALUES | {"sources"},
    "models": VALUES,
    "losses": VALUES,
    "methods": VALUES | {"data", "models", "losses"},
    "callbacks": VALUES | {"data"},
    "protocols": VALUES | {"folds", "kernel_ridge", "sources", "data", "models", "methods", "callbacks"},
    "tracking": VALUES | {"sources"},
    "runs": {"errors", "atomic"},
    "resolvers": set(),
    "build": {"errors", "resolvers"},
    "cli": {"errors", "resolvers", "runs", "tasks"},
}
BELOW["tasks"] = set(BELOW) - {"cli"}
"""What each part may import of the package, besides itself and the package's own name."""

CLEANING = sorted(VALUES | set(CHAIN) | {"folds", "kernel_ridge", "knn_posteriors", "review"})


def part(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    """Every dotted name a module imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT.parent).as_posix().replace("/", ".").removesuffix(".py").removesuffix(".__init__")


def test_layers_only_point_downwards() -> None:
    for path in MODULES:
        if path == ROOT / "__init__.py":
            continue
        unit = part(path)
        assert unit in BELOW, f"{path}: add {unit!r} to the layers of this test"
        for name in imports(path):
            library, _, rest = name.partition(".")
            used = rest.partition(".")[0]
            if library == "alc" and used not in {"__version__", unit, ""}:
                assert used in BELOW[unit], f"{name_of(path)} imports {name}, which is not below it"


def test_the_cleaning_half_never_imports_torch() -> None:
    for path in MODULES:
        if part(path) in CLEANING:
            found = {name.partition(".")[0] for name in imports(path)}
            assert not found & (TORCH | {"hydra", "omegaconf"}), path


def test_only_one_module_instantiates() -> None:
    users = {name_of(path) for path in MODULES for name in imports(path) if name.startswith("hydra.utils.instantiate")}
    assert users == {"alc.build"}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_modules_stay_small(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= 300, f"{path} has {lines} lines; one concept per file"
    assert path.stem not in {"utils", "helpers", "misc", "common"}, f"{path}: a noun is missing"


def test_every_module_imports() -> None:
    for path in MODULES:
        assert importlib.import_module(name_of(path)).__doc__, f"{path} does not say what it is"


def loaded_after(program: str, tmp_path: Path) -> set[str]:
    """The libraries in memory after a program, run in a process and an empty folder of its own."""
    ending = "\nimport sys\nprint('LOADED', *{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", program + ending], capture_output=True, text=True, cwd=tmp_path, check=True
    )
    return set(done.stdout.splitlines()[-1].split()[1:])


def test_importing_the_cleaning_half_is_light(tmp_path: Path) -> None:
    names = [name_of(path) for path in MODULES if part(path) in [*CLEANING, "sources"]]
    loaded = loaded_after("\n".join(f"import {name}" for name in names), tmp_path)
    assert not loaded & (
        TORCH | {"hydra", "omegaconf", "pandas", "scipy", "sklearn", "matplotlib", "cleanlab", "crowdkit", "wandb"}
    )


def test_importing_the_package_loads_nothing(tmp_path: Path) -> None:
    assert "numpy" not in loaded_after("import alc", tmp_path)


COMMANDS = ["train", "rank", "simulate", "clean", "evaluate", "select", "runs", "review", "export"]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_light(command: str, tmp_path: Path) -> None:
    program = f"""
import sys
from alc.cli.{command} import main
sys.argv = ["alc-{command}", "--help"]
try:
    main()
except SystemExit as end:
    assert end.code == 0, end.code
"""
    loaded = loaded_after(program, tmp_path)
    assert not loaded & (TORCH | {"numpy", "pandas", "scipy", "sklearn", "matplotlib", "wandb", "PIL"})
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_key_is_told_before_torch_is_imported(tmp_path: Path) -> None:
    program = """
import sys
from alc.cli.simulate import main
sys.argv = ["alc-simulate", "simulation.seds=3"]
try:
    main()
except SystemExit as end:
    assert end.code == 2, end.code
"""
    assert "torch" not in loaded_after(program, tmp_path)


def test_configs_travel_with_the_package() -> None:
    project = (ROOT.parent / "pyproject.toml").read_text(encoding="utf-8")
    assert 'conf = "alc/conf"' in project
    assert config_directory() == ROOT.parent / "conf"


@pytest.mark.skipif(not (ROOT.parent / ".git").exists(), reason="only a clone has an ignore file to be wrong")
def test_no_module_is_hidden_by_the_ignore_file() -> None:
    git = shutil.which("git")
    assert git is not None
    command = [
        git,
        "-C",
        str(ROOT.parent),
        "ls-files",
        "--others",
        "--ignored",
        "--exclude-standard",
        "alc",
        "tests",
        "conf",
    ]
    hidden = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert not [path for path in hidden if path.endswith((".py", ".yaml")) and not path.startswith("conf/local/")]

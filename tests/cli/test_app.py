"""The task commands on a small stand-in of the configs: what is refused, what is told, which exit code."""

import csv
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from hydra.core.config_store import ConfigStore
from hydra.core.plugins import Plugins
from omegaconf import DictConfig

from alc.cli import app
from alc.errors import InputError
from alc.tasks.points import PointCheck

CONF = {
    "train.yaml": """
defaults:
  - _self_
  - noise: symmetric
  - data: digits
  - hydra: quiet
seed: 0
seeds: {noise: "${seed}", train: "${seed}"}
paths: {runs: runs}
""",
    "simulate.yaml": """
defaults:
  - train
  - selector/random
  - selector: [joint, oracle]
  - _self_
simulation: {seeds: 3}
""",
    "hydra/quiet.yaml": """
defaults:
  - override job_logging: none
  - override hydra_logging: none
run: {dir: .}
output_subdir: null
sweep: {dir: "${paths.runs}/multirun/now", subdir: .}
callbacks: {sweep: {_target_: alc.cli.sweep.Sweep}}
""",
    "noise/symmetric.yaml": "rate: 0.2",
    "noise/none.yaml": "{}",
    "data/digits.yaml": "size: 8",
    "data/folder.yaml": "defaults:\n  - override /noise@_global_.noise: none\nroot: ???",
    "selector/random.yaml": "random: {k: 0}",
    "selector/joint.yaml": "joint: {k: 1}",
    "selector/oracle.yaml": "oracle: {k: 2}",
}


class Command:
    """Calls a command in this process and keeps what reached the task."""

    def __init__(self, conf: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.conf, self._patch, self._capsys = conf, monkeypatch, capsys
        self.configs: list[DictConfig] = []
        self.effect: Callable[[DictConfig], None] = lambda _: None
        self.refusal: Callable[[DictConfig], None] = lambda _: None
        monkeypatch.setattr(PointCheck, "__call__", lambda _, config: self.refusal(config))
        for task in ("train", "simulate"):
            module = ModuleType(f"alc.tasks.{task}")
            vars(module)["run"] = self._run
            monkeypatch.setitem(sys.modules, module.__name__, module)

    def _run(self, config: DictConfig) -> None:
        self.configs.append(config)
        self.effect(config)

    def __call__(self, task: str, *arguments: str) -> tuple[int, str]:
        """Exit code and what was said on stderr."""
        self._patch.setattr(sys, "argv", [f"alc-{task}", *arguments])
        code: object = 0
        try:
            app.launch(task)
        except SystemExit as end:
            code = end.code
        assert isinstance(code, int)
        return code, self._capsys.readouterr().err


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    conf = tmp_path / "conf"
    for name, content in CONF.items():
        (conf / name).parent.mkdir(parents=True, exist_ok=True)
        (conf / name).write_text(content)
    monkeypatch.setattr(app, "config_directory", lambda: conf)
    monkeypatch.delenv("HYDRA_FULL_ERROR", raising=False)
    monkeypatch.chdir(tmp_path)
    return Command(conf, monkeypatch, capsys)


def test_a_task_gets_its_config_and_nothing_else_is_written(command: Command, tmp_path: Path) -> None:
    assert command("simulate", "seed=3") == (0, "")
    (config,) = command.configs
    assert config.seeds.noise == 3
    assert list(config.selector) == ["random", "joint", "oracle"]
    assert "hydra" not in config
    assert [entry.name for entry in tmp_path.iterdir()] == ["conf"]


def test_random_is_in_every_list(command: Command) -> None:
    command("simulate", "selector=oracle")
    command("simulate", "selector=[random,joint]")
    command("simulate", "selector=random")
    assert [list(config.selector) for config in command.configs] == [
        ["random", "oracle"],
        ["random", "joint"],
        ["random"],
    ]


def test_what_hydra_takes_is_taken(command: Command) -> None:
    accepted = ["+extra=1", "++seed=2", "tags.0=c", "seeds={noise: 3}", "~paths.unused", "data.size=null"]
    (command.conf / "train.yaml").write_text(
        CONF["train.yaml"].replace("runs: runs}", "runs: runs, unused: 1}\ntags: [a, b]")
    )
    assert command("train", *accepted) == (0, "")
    (config,) = command.configs
    assert (config.extra, config.seed, list(config.tags), config.seeds.noise) == (1, 2, ["c", "b"], 3)
    assert "unused" not in config.paths


def test_a_data_option_chooses_its_noise_unless_it_is_named(command: Command) -> None:
    command("simulate", "data=folder", "data.root=x")
    command("simulate", "data=folder", "data.root=x", "noise=symmetric")
    assert [dict(config.noise) for config in command.configs] == [{}, {"rate": 0.2}]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["selector=jont"], ["selector=jont", "joint, oracle, random", "Did you mean 'joint'?"]),
        (["selector=[joint,orcle]"], ["selector=orcle", "Did you mean 'oracle'?"]),
        (["data=digts"], ["data=digts", "digits, folder", "Did you mean 'digits'?"]),
        (["data=3"], ["data=3", "digits, folder"]),
        (["simulation.seds=3"], ["'simulation.seds'", "Allowed: seeds", "Did you mean 'seeds'?"]),
        (["simulatoin.seeds=3"], ["'simulatoin.seeds'", "Did you mean 'simulation'?"]),
        (["rate=0.3"], ["'rate'", "Did you mean 'noise.rate'?"]),
        (["seed.x=3"], ["'seed.x'", "'seed' is a value"]),
        (["seeds=3"], ["seeds is a section", "Type e.g. seeds.noise=VALUE"]),
        (["joint"], ["'joint' is no override", "Type key=value"]),
        (["selector=[joint"], ["'selector=[joint'", "quote brackets in zsh"]),
        (["selector=joint,oracle"], ["several runs", "Add -m", "selector=[joint,oracle]"]),
        (["seed=range(3)"], ["several runs", "Add -m"]),
        (["-cn", "simulat"], ["-cn simulat", "simulate, train", "Did you mean 'simulate'?"]),
        (["-cd", "nowhere"], ["-cd nowhere", "no folder"]),
        (["data=folder"], ["data.root has no value", "Type data.root=VALUE"]),
        (["seed=${sed}"], ["'seed'", "sed"]),
        (["hydra.swep.dir=x"], ["hydra.swep"]),
        (["~simulatio"], ["'simulatio'", "Did you mean 'simulation'?"]),
    ],
    ids=lambda value: "_".join(value) if isinstance(value, list) else None,
)
def test_mistakes_get_one_short_message(command: Command, arguments: list[str], said: list[str]) -> None:
    code, err = command("simulate", *arguments)
    assert code == 2
    assert command.configs == []
    assert len(err.strip().splitlines()) == 1
    assert err.startswith("alc-simulate: ")
    for words in said:
        assert words in err


def test_a_group_of_another_command(command: Command) -> None:
    code, err = command("train", "selector=joint")
    assert code == 2
    assert "alc-train does not use the group 'selector'" in err
    assert "Allowed: data, noise." in err


def test_a_broken_file_of_ones_own(command: Command, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "broken.yaml").write_text("defaults: [simulate\n")
    code, err = command("simulate", "-cd", "mine", "-cn", "broken")
    assert code == 2
    assert "not valid YAML" in err
    assert "broken.yaml" in err


@pytest.mark.parametrize(
    "swept", ["selector=joint,jont", "data=digits,digts", "simulation.seds=1,2", "selector=[joint],[orcle]"]
)
def test_a_sweep_is_checked_before_its_first_job(command: Command, swept: str) -> None:
    code, err = command("simulate", "-m", swept)
    assert code == 2
    assert "Did you mean" in err
    assert command.configs == []


@pytest.mark.parametrize(
    ("swept", "said"),
    [
        (["noise=symmetric,none", "noise.rate=0.1,0.2"], ["point noise=none noise.rate=0.1:", "'noise.rate'"]),
        (["data=digits,folder"], ["point data=folder:", "data.root has no value"]),
        (["seed=1,2", "noise.rate=0.1,0.9"], ["point seed=1 noise.rate=0.9:", "too much noise", "Type noise.rate=0.1"]),
        (["data=digits,folder", "data.size=8,9", "data.root=x"], ["'data.root'", "Allowed: size"]),
    ],
)
def test_every_point_is_checked_before_the_first_runs(command: Command, swept: list[str], said: list[str]) -> None:
    def refusal(config: DictConfig) -> None:
        if config.noise.get("rate", 0) > 0.5:
            raise InputError("too much noise", fix="Type noise.rate=0.1")

    command.refusal = refusal
    code, err = command("simulate", "-m", *swept)
    assert code == 2
    assert command.configs == []
    assert len(err.strip().splitlines()) == 1
    for words in said:
        assert words in err


def test_a_launcher_that_is_not_installed(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    (command.conf / "launcher").mkdir()
    own = "# @package _global_\ndefaults:\n  - override /hydra/launcher: "
    for option, plugin in (("local", "basic"), ("joblib", "joblib"), ("slurm", "submitit_slurm")):
        (command.conf / "launcher" / f"{option}.yaml").write_text(own + plugin)
    train = CONF["train.yaml"].replace("  - hydra: quiet", "  - launcher: local\n  - hydra: quiet")
    (command.conf / "train.yaml").write_text(train)
    assert command("train", "launcher=local", "seed=1,2", "-m")[0] == 0
    launchers = ConfigStore.instance().repo["hydra"]["launcher"]
    monkeypatch.setattr(Plugins, "_initialize", lambda *_: None)  # which would find them again
    for node in ("joblib.yaml", "submitit_slurm.yaml"):
        monkeypatch.delitem(launchers, node, raising=False)
    for option, package in (("joblib", "hydra-joblib-launcher"), ("slurm", "hydra-submitit-launcher")):
        code, err = command("train", f"launcher={option}", "seed=1,2", "-m")
        assert code == 2
        said = f"launcher={option} needs a package that is not installed. Type python -m pip install '{package}>=1.2'."
        assert err == f"alc-train: {said}\n"


def test_a_sweep_into_a_file_is_refused(command: Command, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    code, err = command("simulate", "-m", "seed=1,2", "paths.runs=taken")
    assert code == 2
    assert "paths.runs=FOLDER" in err
    assert command.configs == []


def test_a_sweep_leaves_only_its_list(command: Command, tmp_path: Path) -> None:
    assert command("simulate", "seed=1,2", "-m", "selector=[joint],oracle") == (0, "")
    assert [config.seed for config in command.configs] == [1, 1, 2, 2]
    files = {path.relative_to(tmp_path).as_posix() for path in tmp_path.glob("runs/**/*.*")}
    jobs = {f"runs/multirun/now/jobs/{number}.{kind}" for number in range(4) for kind in ("jsonl", "log")}
    assert files == {"runs/multirun/now/multirun.yaml", "runs/multirun/now/points.csv", *jobs}


def test_a_failing_job_lets_the_rest_finish(command: Command, tmp_path: Path) -> None:
    def effect(config: DictConfig) -> None:
        if config.seed == 2:
            raise InputError("budget 0 is too small", fix="Type budget=1")
        if config.seed == 3:
            raise RuntimeError("boom")
        if config.seed == 4:
            sys.exit(7)

    command.effect = effect
    code, err = command("simulate", "-m", "seed=1,2,3,4,5")
    assert code == 1
    assert [config.seed for config in command.configs] == [1, 2, 3, 4, 5]
    summary = err[err.index("3 of the jobs failed") :]
    assert "#1 seed=2" in summary
    assert "budget 0 is too small. Type budget=1." in summary
    assert "#2 seed=3" in summary
    assert "#3 seed=4\n  SystemExit: the task ended with exit code 7" in summary
    with (tmp_path / "runs" / "multirun" / "now" / "points.csv").open() as table:
        assert [row["status"] for row in csv.DictReader(table)] == ["done", "failed", "failed", "failed", "done"]
    (file,) = (tmp_path / "runs" / "errors").iterdir()
    assert str(file.relative_to(tmp_path)) in summary
    assert "RuntimeError: boom" in file.read_text()
    assert "Traceback" not in summary.replace("Traceback: runs", "")


def test_refused_input_exits_2_and_an_unexpected_error_1(command: Command) -> None:
    def effect(config: DictConfig) -> None:
        if config.seed == 0:
            raise InputError("row 3 of labels.csv is empty", fix="Type a label")
        error = RuntimeError("boom")
        error.add_note("Traceback: runs/simulate/x/error.txt")
        raise error

    command.effect = effect
    assert command("simulate") == (2, "alc-simulate: row 3 of labels.csv is empty. Type a label.\n")
    code, err = command("simulate", "seed=1")
    assert code == 1
    assert err == "alc-simulate: RuntimeError: boom\n  Traceback: runs/simulate/x/error.txt\n"


def test_full_errors_on_demand(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def effect(_: DictConfig) -> None:
        raise InputError("no")

    command.effect = effect
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    with pytest.raises(InputError, match="no"):
        command("simulate")
    with pytest.raises(InputError, match="jont"):
        command("simulate", "selector=jont")


@pytest.mark.parametrize("how", ["plain", "trainer"])
@pytest.mark.parametrize("sweep", [True, False])
def test_an_interrupt_says_how_to_continue(command: Command, how: str, sweep: bool) -> None:
    def effect(_: DictConfig) -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            if how == "trainer":
                sys.exit(1)
            raise

    command.effect = effect
    code, err = command("simulate", *(["-m", "seed=1,2"] if sweep else []))
    assert code == 130
    assert "the same command continues" in err
    assert len(command.configs) == 1


def test_a_private_folder_of_sweeps(command: Command, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    (mine / "selector").mkdir(parents=True)
    (mine / "selector" / "own.yaml").write_text("own: {k: 7}")
    sweep = """
defaults: [simulate, {override data: folder}, _self_]
data: {root: x}
hydra: {mode: MULTIRUN, sweeper: {params: {seeds.noise: "1,2", selector: "own,joint"}}}
"""
    (mine / "sweep.yaml").write_text(sweep)
    assert command("simulate", "-cd", "mine", "-cn", "sweep") == (0, "")
    assert [(config.seeds.noise, list(config.selector)) for config in command.configs] == [
        (1, ["random", "own"]),
        (1, ["random", "joint"]),
        (2, ["random", "own"]),
        (2, ["random", "joint"]),
    ]
    assert command.configs[0].noise == {}
    command.configs.clear()
    assert command("simulate", "-cd", "mine", "-cn", "sweep", "seeds.noise=5", "selector=own")[0] == 0
    assert [config.seeds.noise for config in command.configs] == [5]
    (mine / "sweep.yaml").write_text((mine / "sweep.yaml").read_text().replace("own,joint", "joint,onw"))
    code, err = command("simulate", "-cd", "mine", "-cn", "sweep")
    assert code == 2
    assert "Did you mean 'own'?" in err


def test_printing_the_config_runs_nothing(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("simulate", "--cfg", "job", "--resolve", "seed=4") == (0, "")
    assert command.configs == []


def test_configs_are_found_beside_the_package_or_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "site" / "alc"
    package.mkdir(parents=True)
    (tmp_path / "site" / "conf").mkdir()  # somebody else's folder of that name
    monkeypatch.setattr("alc.__file__", str(package / "__init__.py"))
    with pytest.raises(InputError, match="no configs"):
        app.config_directory()
    for folder in (package / "conf", package.parent / "conf"):
        folder.mkdir(exist_ok=True)
        (folder / "simulate.yaml").touch()
        assert app.config_directory() == folder

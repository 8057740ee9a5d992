"""alc-clean: write the labels that a simulation ends with, and train on them."""

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from omegaconf import DictConfig

from alc.atomic import atomic_path
from alc.build import build
from alc.errors import InputError, did_you_mean
from alc.ranking import write_ranking
from alc.runs.identity import run_id, training_config
from alc.runs.manifest import Manifest
from alc.runs.run_dir import RunDir
from alc.simulation.cleaned import cleaned_labels
from alc.simulation.trajectory import Trajectory
from alc.tasks.console import say
from alc.tasks.finished_run import finished_run
from alc.tasks.next_command import overrides, plain_command
from alc.tasks.precision import precision_note
from alc.tasks.problem import Problem, load_problem, plain
from alc.tasks.recorded import recorded, with_recorded
from alc.tasks.refresh import OF_THE_DATA, relabelled
from alc.tasks.start import starting_weights, training_inputs
from alc.tasks.training import forget_states, train_into, training_numbers
from alc.tasks.values import check_values, run_name, whole_number

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["run"]

MOVABLE = ("data.root", "data.num_workers", "data.download")
"""Of the data, what may be another on this machine."""


def run(config: DictConfig) -> None:
    """Write the labels and train on them, unless a run has done so."""
    simulation, manifest = finished_run(
        Path(config.paths.runs), config.labels.simulation, "simulate", "labels.simulation"
    )
    config = _of_simulation(config, simulation, manifest)
    check_values(config)
    events, chosen = _events(config, simulation)
    problem = load_problem(config)
    table = _labels(config, simulation, problem, events)
    weights = starting_weights(config)
    inputs = {**training_inputs(config), "labels": _digest(table)}
    path = Path(config.paths.runs) / "clean" / run_id("clean", training_config(plain(config)), inputs)
    with RunDir.open(path, force=config.force, name=run_name(config)) as run_dir:
        if not run_dir.complete:
            run_dir.write_config(training_config(plain(config)))
            cleaned = relabelled(problem, table["label_class"].to_numpy())
            say(
                f"Training {path.name} on the labels of {chosen}: {int(table['changed'].sum())} of {len(table)} changed"
            )
            say(*([cleaned.noise.summary()] if cleaned.noise else []), *precision_note(config.trainer))
            files = train_into(run_dir, config, cleaned, weights, seed=int(config.seeds.train))
            if run_dir.leader:
                numbers = training_numbers(run_dir, cleaned)
                run_dir.finish(
                    [*files, *_write(table, path)],
                    headline={"labels": chosen, "changed": int(table["changed"].sum()), **numbers},
                    parents=(simulation.name, *(weights.run_ids if weights else ())),
                )
                forget_states(run_dir)
        if not run_dir.leader:
            raise SystemExit(0)
    _report(path, table)


def _of_simulation(config: DictConfig, simulation: Path, manifest: Manifest) -> DictConfig:
    """This config with the data of the simulation and the training it ranked by, but for what was typed.

    Raises:
        InputError: Something was typed that would make it another problem.
    """
    typed = overrides()
    keys = [override.partition("=")[0].lstrip("+~").partition("@")[0] for override in typed]
    for key in keys:
        if key not in MOVABLE and any(key == part or key.startswith(f"{part}.") for part in OF_THE_DATA):
            raise InputError(
                f"{key} is decided by the simulation whose labels these are",
                allowed=f"settings of the training, and {', '.join(MOVABLE)}",
                fix=f"Leave {key} out, or type it for alc-simulate",
            )
    typed += [f"seeds.train={config.seeds.train}"] if "seed" in keys else []
    made = with_recorded(config, simulation, typed=typed)
    training = next((each for each in simulation.parent.parent.glob("train/*") if each.name in manifest.parents), None)
    if training is not None:
        made = with_recorded(made, training, typed=typed, without=OF_THE_DATA)
    return made


def _events(config: DictConfig, simulation: Path) -> tuple["pd.DataFrame", str]:
    """The annotations that are chosen, and what they are in words."""
    import pandas as pd

    wanted, events = config.labels, pd.read_parquet(simulation / "trajectory.parquet")
    selectors = list(dict.fromkeys(map(str, events["selector"])))
    selector = _default_selector(simulation, selectors) if wanted.selector is None else str(wanted.selector)
    if selector not in selectors:
        raise InputError(
            f"labels.selector={selector} is not in simulation {simulation.name}",
            allowed=", ".join(selectors),
            fix=did_you_mean(selector, selectors),
        )
    events = events[events["selector"] == selector]
    seeds = sorted(set(map(int, events["seed"])))
    seed = seeds[0] if wanted.seed is None else whole_number(config, "labels.seed", least=0)
    if seed not in seeds:
        raise InputError(
            f"labels.seed={seed} is not in simulation {simulation.name}", allowed=", ".join(map(str, seeds))
        )
    events = events[events["seed"] == seed]
    number = len(events) if wanted.annotations is None else whole_number(config, "labels.annotations", least=0)
    if number > len(events):
        raise InputError(
            f"labels.annotations={number}, and {selector} bought {len(events)} in simulation {simulation.name}",
            allowed=f"0 to {len(events)}, or null for all",
        )
    return events.sort_values("step").head(number), f"{selector}, panel {seed}, {number} annotations"


def _default_selector(simulation: Path, selectors: list[str]) -> str:
    """The first that scores: it made the ranking."""
    built = build(recorded(simulation), "selector")
    ranks = [name for name in selectors if not built[name].needs_distribution and name != "random"]
    return (ranks or selectors)[0]


def _labels(config: DictConfig, simulation: Path, problem: Problem, events: "pd.DataFrame") -> "pd.DataFrame":
    keeps = build(recorded(simulation), "adjudication").keeps_initial_votes
    try:
        trajectory = Trajectory.from_frame(events, problem.samples.sample_id, problem.labels, keeps_initial_votes=keeps)
    except InputError as error:
        raise InputError(
            f"simulation {simulation.name} is not of these data: {error.problem}",
            allowed="the data it was made from",
            fix="Type data.root=FOLDER if they have moved; if they have changed, simulate again",
        ) from error
    return cleaned_labels(problem.samples, trajectory, problem.initial.counts)


def _digest(table: "pd.DataFrame") -> str:
    """What the labels are in the identity of the run, with all that is written about them."""
    columns = ("sample_id", "label_class", "given_class", "resolved", "annotations", "votes")
    content = np.stack([table[name].to_numpy().astype("<i8") for name in columns])
    return sha256(content.tobytes()).hexdigest()


def _write(table: "pd.DataFrame", path: Path) -> list[str]:
    write_ranking(table, path / "labels.csv")
    with atomic_path(path / "labels.parquet") as temporary:
        table.to_parquet(temporary, index=False)
    return ["labels.csv", "labels.parquet"]


def _report(path: Path, table: "pd.DataFrame") -> None:
    asked = int((table["annotations"] > 0).sum())
    say(
        f"{int(table['annotations'].sum())} annotations of {asked} samples ({asked / len(table):.1%}), "
        f"{int(table['changed'].sum())} labels changed"
    )
    say(f"labels      {path / 'labels.csv'}", f"posteriors  {path / 'posteriors.npz'}")
    say(f"next        {plain_command('evaluate', f'clean={path.name}')}")

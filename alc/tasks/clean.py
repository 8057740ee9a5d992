"""alc-clean: train on the labels that a simulation or people have cleaned, or on what is done instead."""

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
from alc.runs.run_dir import RunDir
from alc.tasks.answered import answered
from alc.tasks.console import say
from alc.tasks.finished_run import finished_run
from alc.tasks.labelled import Labelled, as_trained
from alc.tasks.next_command import plain_command
from alc.tasks.precision import precision_note
from alc.tasks.problem import load_problem, plain
from alc.tasks.recorded import recorded
from alc.tasks.start import starting_weights, training_inputs
from alc.tasks.training import forget_states, train_into, training_numbers
from alc.tasks.treated import case_of, training_of, treated
from alc.tasks.values import check_values, run_name, whole_number

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["run"]


def run(config: DictConfig) -> None:
    """Write the labels and train on them, unless a run has done so."""
    simulation, project = config.labels.simulation, config.labels.project
    if simulation is None and project is None:
        raise InputError(
            "labels.simulation has no value, nor has labels.project",
            fix="Type labels.simulation=VALUE, or labels.project=FOLDER for the labels that people gave",
        )
    if simulation is not None and project is not None:
        raise InputError(
            f"labels.simulation={simulation} and labels.project={project} are two sets of labels",
            allowed="one of them, the other null",
        )
    labels = _simulated(config) if config.labels.project is None else answered(config)
    _train(labels)


def _simulated(config: DictConfig) -> Labelled:
    """The labels that a treatment makes of a simulation."""
    simulation, manifest = finished_run(
        Path(config.paths.runs), config.labels.simulation, "simulate", "labels.simulation"
    )
    training = training_of(simulation, manifest)
    config = as_trained(config, simulation, training, "simulation")
    check_values(config)
    treatment = build(config, "treatment")
    events, chosen = _events(config, simulation)
    problem = load_problem(config)
    case = case_of(treatment, problem, events, simulation, training)
    told = _told(str(config.treatment._target_).rpartition(".")[2], chosen, events)
    return Labelled(config, problem, treatment(case), told, simulation.name)


def _told(treatment: str, chosen: str, events: "pd.DataFrame") -> str:
    """What was done about the samples, in words."""
    if treatment == "Bought":
        return f"{chosen}, {len(events)} annotations"
    if treatment == "NewSamples":
        return f"{len(events)} new samples instead of {chosen}"
    done = {"Argmax": "relabelled by argmax", "Dropped": "dropped"}.get(treatment, treatment)
    return f"{done}: {events['sample_id'].nunique()} samples of {chosen}"


def _changed(table: "pd.DataFrame") -> int:
    """How many labels are not those that the samples came with."""
    return int((table["changed"] & (table["given_class"] >= 0)).sum())


def _train(labels: Labelled) -> None:
    config, problem, table = labels.config, labels.problem, labels.table
    weights = starting_weights(config)
    inputs = {**training_inputs(config), "labels": _digest(table)}
    path = Path(config.paths.runs) / "clean" / run_id("clean", training_config(plain(config)), inputs)
    with RunDir.open(path, force=config.force, name=run_name(config)) as run_dir:
        if not run_dir.complete:
            run_dir.write_config(training_config(plain(config)))
            cleaned = treated(problem, table)
            say(f"Training {path.name} on {len(table)} labels of {labels.told}: {_changed(table)} changed")
            say(*([cleaned.noise.summary()] if cleaned.noise else []), *precision_note(config.trainer))
            files = train_into(run_dir, config, cleaned, weights, seed=int(config.seeds.train))
            if run_dir.leader:
                numbers = training_numbers(run_dir, cleaned)
                run_dir.finish(
                    [*files, *_write(table, path)],
                    headline={"labels": labels.told, "changed": _changed(table), **numbers},
                    parents=(labels.parent, *(weights.run_ids if weights else ())),
                )
                forget_states(run_dir)
        if not run_dir.leader:
            raise SystemExit(0)
    _report(path, table, len(problem.samples))


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
    events = _first(config, events.sort_values("step"), f"{selector} {{}} in simulation {simulation.name}")
    return events, f"{selector}, panel {seed}"


def _first(config: DictConfig, events: "pd.DataFrame", whose: str) -> "pd.DataFrame":
    """The annotations that ``labels.annotations`` or ``labels.samples`` leaves of them."""
    wanted = config.labels
    if wanted.annotations is not None and wanted.samples is not None:
        raise InputError(
            f"labels.annotations={wanted.annotations} and labels.samples={wanted.samples} say the same twice",
            allowed="one of them, the other null",
        )
    if wanted.samples is None:
        number = len(events) if wanted.annotations is None else whole_number(config, "labels.annotations", least=0)
        if number > len(events):
            raise InputError(
                f"labels.annotations={number}, and {whose.format(f'bought {len(events)}')}",
                allowed=f"0 to {len(events)}, or null for all",
            )
        return events.head(number)
    samples, asked = whole_number(config, "labels.samples", least=0), events["sample_id"].drop_duplicates()
    if samples > len(asked):
        raise InputError(
            f"labels.samples={samples}, and {whose.format(f'asked about {len(asked)}')}",
            allowed=f"0 to {len(asked)}, or null for all",
            fix="Simulate with a larger budget.annotations",
        )
    return events[events["sample_id"].isin(asked.head(samples))]


def _default_selector(simulation: Path, selectors: list[str]) -> str:
    """The first that scores: it made the ranking."""
    built = build(recorded(simulation), "selector")
    ranks = [name for name in selectors if not built[name].needs_distribution and name != "random"]
    return (ranks or selectors)[0]


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


def _report(path: Path, table: "pd.DataFrame", samples: int) -> None:
    asked = int((table["annotations"] > 0).sum())
    say(
        f"{int(table['annotations'].sum())} annotations of {asked} samples ({asked / samples:.1%}), "
        f"{_changed(table)} labels changed, {len(table)} samples trained on"
    )
    say(f"labels      {path / 'labels.csv'}", f"posteriors  {path / 'posteriors.npz'}")
    say(f"next        {plain_command('evaluate', f'clean={path.name}')}")

"""alc-export: give out questions in rank order."""

from pathlib import Path
from typing import TYPE_CHECKING, get_args
from urllib.parse import quote

from omegaconf import DictConfig

from alc.answers.answer import Shown, check_shown
from alc.answers.project import Project
from alc.answers.rounds import give_out, given_out, reranked
from alc.answers.standing import adjudication_of, open_ids, samples_of, standing_of
from alc.errors import InputError, did_you_mean
from alc.export.writing import FORMATS, write_tasks
from alc.tasks.campaign import Ranked, read_ranked
from alc.tasks.console import say
from alc.tasks.copies import copy_name, telling, write_copies
from alc.tasks.next_command import plain_command
from alc.tasks.values import number, switch, whole_number

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["run"]


def run(config: DictConfig) -> None:
    """Make the project if there is none, and give out a round of it."""
    kind, shown = _one_of(config, "format", FORMATS), _one_of(config, "show", get_args(Shown))
    budget = whole_number(config, "round.budget", least=1)
    share = number(config, "audit.share", lowest=0, highest=1)
    seed = whole_number(config, "audit.seed", least=0)
    folder = Path(str(config.project)).expanduser()
    is_new = not (folder / "project.json").exists()
    if is_new and config.ranking is None:
        raise InputError(
            f"project={config.project}: there is no project, and no ranking to make it from",
            allowed="ranking=RUN, the id or name of a finished alc-rank run, or ranking=FILE, a ranking.csv",
            fix="Type alc-rank to make one",
        )
    ranked = None if config.ranking is None else read_ranked(config)
    if is_new:
        assert ranked is not None
        project = _created(config, folder, ranked, seed)
    else:
        project = Project.open(folder)
    queue = project.queue()
    if ranked is not None and not is_new:
        queue = reranked(queue, ranked.frame)
        project = project.with_settings(**ranked.settings)
    _, result = standing_of(project, samples_of(project, queue), adjudication_of(project))
    last = int(queue["round"].max()) + 1
    queue = give_out(
        queue,
        is_open=open_ids(queue, result),
        answered=result.sample_id[result.answered],
        budget=budget,
        share=share,
        seed=int(project.settings["audit_seed"]),
    )
    rows = given_out(queue, last)
    if not len(rows):
        raise InputError(f"project={config.project}: every sample has been asked about and is settled")
    if project.settings.get("copies"):
        write_copies(Path(project.settings["ranking"]), rows, folder / "images")
    files = write_tasks(
        rows,
        folder / f"round_{last}",
        kind,
        project=project.id,
        class_names=project.class_names,
        shown=check_shown(shown),
        prefix=_served(project.root) if config.prefix is None else str(config.prefix),
    )
    project.write_queue(queue)
    seen = "suggested" if kind == "cleanlab" else shown
    project.with_settings(shown=seen)
    _report(project, queue, rows, files, kind, seen, local=config.prefix is None)


def _created(config: DictConfig, folder: Path, ranked: Ranked, seed: int) -> Project:
    """A new project; images that are no files, or are to have neutral names, are copied into it."""
    frame, root, settings = ranked.frame, ranked.root, {**ranked.settings, "audit_seed": seed}
    copies = ranked.run is not None and root is None if config.copy_images is None else switch(config, "copy_images")
    if copies and ranked.run is None:
        raise InputError(
            "copy_images=true needs the data, and a ranking.csv does not say where they are",
            allowed="ranking=RUN, the id or name of an alc-rank run",
        )
    if copies:
        root, settings["copies"] = folder / "images", True
        frame = frame.assign(path=[copy_name(each) for each in frame["sample_id"].tolist()])
    return Project.create(folder, class_names=ranked.class_names, queue=frame, root=root, settings=settings)


def _served(root: Path | None) -> str:
    """Where Label Studio serves the images of a folder: it opens subfolders of its document root, never that itself."""
    return "/data/local-files/?d=" + ("" if root is None else quote(root.absolute().name) + "/")


def _one_of(config: DictConfig, key: str, allowed: tuple[str, ...]) -> str:
    value = "none" if config[key] is None else str(config[key])  # null would be read as none
    if value not in allowed:
        raise InputError(f"{key}={value}", allowed=", ".join(allowed), fix=did_you_mean(value, allowed))
    return value


def _report(
    project: Project,
    queue: "pd.DataFrame",
    rows: "pd.DataFrame",
    files: list[Path],
    kind: str,
    shown: str,
    *,
    local: bool,
) -> None:
    audit = int(rows["audit"].sum())
    again = int((rows["audit"] | (rows["reached"] != rows["round"])).sum()) - audit
    told = [f"{audit} of them drawn at random for the audit"] if audit else []
    told += [f"{again} asked before"] if again else []
    say(f"Round {int(rows['round'].iloc[0])}: {len(rows)} questions" + (f", {', '.join(told)}" if told else ""))
    seen = {"none": "no label", "given": "the given label", "suggested": "the given label and the suggestion"}[shown]
    say(f"annotators see {seen}; the classes are {', '.join(project.class_names)}")
    path = telling(rows, project.class_names) if shown == "none" else None
    if path is not None:
        say(f"note: paths like {path} tell a class; a new project with copy_images=true has neutral names")
    if kind == "label_studio" and project.root is not None and local:
        root = project.root.absolute()
        say(
            f"note: Label Studio shows the images if it is started with LOCAL_FILES_SERVING_ENABLED=true "
            f"LOCAL_FILES_DOCUMENT_ROOT={root.parent} and its project has a local storage of the folder {root}; "
            "images that are elsewhere need prefix="
        )
    say(*(f"questions   {file}" for file in files[:1]), *(f"interface   {file}" for file in files[1:]))
    if len(queue) and "path" in queue and project.root is not None:
        say(f"or here     alc-review {project.folder}")
    answers = "answers=FILE" + (" answered_by=NAME" if kind == "cvat" else "")
    say(f"next        {plain_command('clean')} {answers} project={project.folder}")

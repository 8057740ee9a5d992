"""alc-clean answers=...: bring back the answers of people, see what they changed and whether to go on."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig, ListConfig

from alc.answers.answer import Answer
from alc.answers.audit import count_audit
from alc.answers.conflicts import conflicts
from alc.answers.formats import Campaign, read_answers
from alc.answers.outcome import Outcome
from alc.answers.progress import Standing, add_round
from alc.answers.project import Project
from alc.answers.rounds import reranked
from alc.answers.standing import described, open_ids, samples_of, standing_of
from alc.atomic import atomic_path
from alc.build import build
from alc.errors import InputError
from alc.metrics.audit import audits_needed
from alc.notebook import SELECTORS
from alc.posteriors import Posteriors
from alc.ranking import rank_table, write_ranking
from alc.samples import SampleTable
from alc.seeding import stream
from alc.tasks.console import say
from alc.tasks.finished_run import finished_run
from alc.tasks.next_command import plain_command
from alc.tasks.values import number

if TYPE_CHECKING:
    import pandas as pd

    from alc.adjudication import Adjudication

__all__ = ["run"]

SHOWN_ROWS = 5


def run(config: DictConfig) -> None:
    """Read all files before anything is written; then the log, the labels, the conflicts, and the round."""
    target = number(config, "audit.target", lowest=0, highest=1)
    confidence = number(config, "audit.confidence", lowest=0.5, highest=0.9999)
    adjudication: Adjudication = build(config, "adjudication")
    folder = Path(str(config.project)).expanduser()
    project = Project.open(folder)
    queue = project.queue()
    new, files = _new_answers(config, project, queue)
    added = project.log.append(new)
    samples = samples_of(project, queue)
    votes, result = standing_of(project, samples, adjudication)
    if not votes.current:
        raise InputError(
            f"project={config.project}: nobody has answered yet",
            fix=f"Type answers=FILE, or answer here: alc-review {folder}",
        )
    seed = int(project.settings.get("audit_seed", 0))
    audit = count_audit(queue, votes, result, project.class_names, seed) if bool(queue["audit"].any()) else None
    waiting = open_ids(queue, result)
    standing = Standing(votes, result, audit, len(project.log.read()), len(waiting))
    write_ranking(result.table(samples), folder / "labels.csv")
    disputed = conflicts(votes, result, project.class_names)
    with atomic_path(folder / "conflicts.csv") as temporary:
        disputed.to_csv(temporary, index=False)
    rounds = add_round(folder / "rounds.csv", standing, target=target, confidence=confidence)
    _draw(rounds, folder)
    project = project.with_settings(adjudication=described(adjudication))
    if files:
        say(f"{len(new)} answers in {files} file{'s' * (files > 1)}, {added} of them new")
    row = standing.row(int(rounds["round"].iloc[-1]), target, confidence)
    _report(standing, row, disputed, confidence)
    say(f"labels      {folder / 'labels.csv'}", f"rounds      {folder / 'rounds.csv'}")
    say(f"figure      {folder / 'figures' / 'rounds.png'}")
    queue = _ranked_anew(config, project, queue, samples, result)
    _next(project, queue, result, bool(row.get("may_stop", False)))


def _new_answers(config: DictConfig, project: Project, queue: "pd.DataFrame") -> tuple[list[Answer], int]:
    """What all files say, and how many files there are."""
    given = config.answers
    files = [] if given is None else list(given) if isinstance(given, ListConfig) else [given]
    campaign = Campaign.of(project, queue, project.settings.get("shown", "none"))
    who = None if config.answered_by is None else str(config.answered_by)
    answers: list[Answer] = []
    for file in files:
        answers += read_answers(Path(str(file)).expanduser(), campaign, annotator=who)
    return answers, len(files)


def _draw(rounds: "pd.DataFrame", folder: Path) -> None:
    from alc.figures import campaign_rounds, save_figure

    save_figure(campaign_rounds(rounds, title=folder.resolve().name), folder / "figures" / "rounds")


def _report(standing: Standing, row: dict[str, Any], disputed: "pd.DataFrame", confidence: float) -> None:
    result, total = standing.result, len(standing.result.sample_id)
    say(
        f"{len(standing.votes.current)} votes of {row['annotators']} annotators about {int(result.answered.sum())} of "
        f"{total} samples: {int(result.settled.sum())} settled, {int(result.changed.sum())} labels changed, "
        f"{standing.is_open} open"
    )
    kinds = disputed.drop_duplicates(["sample_id", "kind"])["kind"].value_counts()
    if kinds.get("disagreement", 0):
        say(f"annotators disagree about {kinds['disagreement']} samples, see conflicts.csv")
    if kinds.get("after_suggestion", 0):
        say(f"{row['after_suggestion']} votes were given after the suggestion was seen: they are not independent of it")
    audit = standing.audit
    if audit is None:
        return
    estimate = audit.estimate(confidence)
    if audit.audited:
        say(
            f"audit: {audit.wrong} of {audit.audited} random samples wrong, so {estimate.rate:.1%} of all labels "
            f"({confidence:.0%} interval {estimate.lower:.1%} to {estimate.upper:.1%}), "
            "those aside that the audit itself corrected"
        )
    if audit.undecided:
        say(f"audit: {audit.undecided} more are undecided, and count as wrong for the decision to stop")
    if audit.pending:
        say(
            f"audit: {len(audit.pending)} samples drawn do not count yet; the first to be answered, without a label in "
            f"sight, is sample {audit.pending[0]}"
        )
    if row["may_stop"]:
        say(f"stop: at most {row['stop_bound']:.1%} of the labels are wrong, below the target of {row['target']:.1%}")
        return
    bound = f"up to {row['stop_bound']:.1%} of the labels may be wrong, the target is {row['target']:.1%}"
    if row["target"] > 0:
        least = audits_needed(total, target=row["target"], look=int(row["round"]) + 1, confidence=confidence)
        bound += f"; the next round can tell with {least} audited samples in all, if none is wrong"
    say(f"go on: {bound}")


def _ranked_anew(
    config: DictConfig, project: Project, queue: "pd.DataFrame", samples: SampleTable, result: Outcome
) -> "pd.DataFrame":
    """The queue in the order of posteriors at hand and the votes there are now; as it was where there are none."""
    named, file = config.posteriors_from, project.settings.get("posteriors")
    if named is not None:
        file = _posteriors_file(config)
    rule = SELECTORS.get(str(project.settings.get("selector") or "cross_entropy"))
    if rule is None or rule.needs_dynamics or rule.needs_features or not rule.needs_posteriors:
        if named is not None:
            say(f"note: selector {project.settings.get('selector')} does not rank by posteriors: the order stays")
        return queue
    if file is None or not Path(str(file)).is_file():
        return queue
    posteriors = Posteriors.load(Path(str(file)))
    ranking = rank_table(samples, posteriors, result.counts(), rule, stream(0, "selection"))
    queue = reranked(queue, ranking)
    project.write_queue(queue)
    if named is not None:
        project.with_settings(posteriors=str(Path(str(file)).absolute()))
    return queue


def _posteriors_file(config: DictConfig) -> Path:
    """A file, or that of a run: a training on the cleaned labels knows more than the one before."""
    wanted = str(config.posteriors_from)
    if wanted.endswith(".npz"):
        if not Path(wanted).expanduser().is_file():
            raise InputError(
                f"posteriors_from={wanted}: there is no file {Path(wanted).absolute()}",
                allowed="posteriors.npz, or the id or name of an alc-clean run",
            )
        return Path(wanted).expanduser()
    run, _ = finished_run(Path(config.paths.runs), wanted, "clean", "posteriors_from")
    return run / "posteriors.npz"


def _next(project: Project, queue: "pd.DataFrame", result: Outcome, may_stop: bool) -> None:
    """What should be asked, and the commands for that and for a training."""
    due = set(queue.loc[queue["reached"] > 0, "sample_id"].tolist())  # what was asked for the audit alone is not yet
    due |= set(result.sample_id[~result.answered].tolist())
    waiting = [each for each in open_ids(queue, result).tolist() if each in due]
    fresh = queue[(queue["round"] == 0) & ~queue["sample_id"].isin(result.sample_id[result.answered])]
    shown = [name for name in ("sample_id", "path", "given", "suggested", "score") if name in queue]
    rows = queue.set_index("sample_id", drop=False)
    if waiting:
        told = rows.loc[waiting[:SHOWN_ROWS], shown].to_string(index=False, float_format="{:.3f}".format)
        say("", f"To be asked next, {len(waiting)} open questions (tied, abstained from or not answered):", told)
    if len(fresh):
        told = fresh.head(SHOWN_ROWS)[shown].to_string(index=False, float_format="{:.3f}".format)
        say("", f"{'Then' if waiting else 'To be asked next:'} {len(fresh)} never asked, the first of them:", told)
    say("")
    if not may_stop and (waiting or len(fresh)):
        say(f"next        {plain_command('export', f'project={project.folder}')}")
    if "run" in project.settings:
        say(f"train       {plain_command('clean', f'labels.project={project.folder}')}")

"""A campaign by the commands: give out, bring back, give out again, train; without a tool, from files alone."""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alc.answers import Answer, Project
from alc.answers.rounds import given_out
from alc.cli import app, clean, export
from alc.cli.overrides import check
from alc.samples import SampleTable
from tests.integration.commands import ONE_MODEL, Done, alc, only

NAMES = ["cat", "dog", "owl"]
SIZE = 80


def typed(program: str, *arguments: str) -> Done:
    """A command whose form is decided by its arguments."""
    module = {"clean": clean, "export": export}[program]
    with pytest.MonkeyPatch.context() as patch:
        task: list[tuple[str, list[str]]] = []
        patch.setattr(module, "launch", lambda name, _=None: task.append((name, sys.argv[1:])))
        patch.setattr(sys, "argv", [f"alc-{program}", *arguments])
        module.main()
    ((name, words),) = task
    return alc(name, *words)


@pytest.fixture
def truth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """A ranking of samples 0..79 whose first twenty are wrong, in the current folder; the truth is 0, 1, 2, 0, ..."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HYDRA_FULL_ERROR", raising=False)
    monkeypatch.setattr("alc.tasks.answers._draw", lambda *_: None)
    true = np.arange(SIZE) % 3
    given = np.where(np.arange(SIZE) < 20, (true + 1) % 3, true)
    pd.DataFrame(
        {
            "rank": np.arange(SIZE) + 1,
            "sample_id": np.arange(SIZE),
            "path": [f"{NAMES[label]}/{row}.png" for row, label in enumerate(given)],
            "given": np.asarray(NAMES)[given],
            "suggested": np.asarray(NAMES)[true],
            "p_given": 0.2,
            "p_suggested": 0.7,
            "score": np.linspace(3, 0, SIZE),
            "reference": np.asarray(NAMES)[true],
            "given_class": given,
            "suggested_class": true,
        }
    ).to_csv("ranking.csv", index=False)
    return true


def filled(form: Path, who: str, truth: "np.ndarray[tuple[int], np.dtype[np.int64]]", *, rows: int = 1000) -> str:
    table = pd.read_csv(form, dtype=str, keep_default_na=False)
    ids = table["sample_id"].astype(int).to_numpy()
    table["annotator_id"], table["time"] = who, f"2026-03-0{1 + (who == 'ben')}T10:00:00Z"
    table["label"] = np.where(np.arange(len(ids)) < rows, np.asarray(NAMES)[truth[ids]], "")
    table.to_csv(f"{who}.csv", index=False)
    return f"{who}.csv"


def test_a_campaign_of_two_people(truth: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> None:
    done = typed("export", "project=camp", "ranking=ranking.csv", "budget=20", "audit.share=0.2", "format=csv")
    assert done.code == 0, done.err
    assert "4 of them drawn at random for the audit" in done.out
    assert "tell a class" in done.out  # the folders are called like the given labels
    assert "alc-clean answers=FILE project=camp" in done.out
    form = Path("camp/round_1/csv.csv")
    assert not {"given", "suggested", "reference", "score", "audit", "rank"} & set(pd.read_csv(form))
    assert "reference" not in Path("camp/queue.csv").read_text()

    done = typed("clean", f"answers={filled(form, 'anna', truth)}", "project=camp")
    assert done.code == 0, done.err
    assert "open" in done.out
    labels = pd.read_csv("camp/labels.csv")
    assert not labels["changed"].any()  # one against one
    first = pd.read_csv("camp/rounds.csv")
    before = {file.name: file.read_bytes() for file in Path("camp").glob("*.*") if file.name != "project.json"}

    done = typed("clean", "answers=anna.csv", "project=camp")
    assert done.code == 0, done.err
    assert "0 of them new" in done.out
    after = {file.name: file.read_bytes() for file in Path("camp").glob("*.*") if file.name != "project.json"}
    assert after == before

    done = typed("clean", f"answers=anna.csv,{filled(form, 'ben', truth)}", "project=camp")
    assert done.code == 0, done.err
    rounds = pd.read_csv("camp/rounds.csv")
    assert list(rounds["round"]) == [1, 2]
    pd.testing.assert_frame_equal(rounds.iloc[:1], first, check_dtype=False)
    labels = pd.read_csv("camp/labels.csv").set_index("sample_id")
    asked = pd.read_csv(form)["sample_id"].to_numpy()
    assert (labels.loc[asked, "label_class"].to_numpy() == truth[asked]).all()
    assert labels.loc[asked, "resolved"].all()
    assert rounds["changed"].iloc[1] == labels["changed"].sum() > 0
    assert rounds["audited"].iloc[1] == 4
    assert rounds["annotators"].iloc[1] == 2

    done = typed("export", "project=camp", "budget=20", "format=label_studio")
    assert done.code == 0, done.err
    tasks = json.loads(Path("camp/round_2/label_studio.json").read_text())
    assert not {task["data"]["sample_id"] for task in tasks} & set(asked.tolist())
    assert all(set(task) == {"data"} for task in tasks)


def test_one_person_whose_word_counts(truth: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> None:
    typed("export", "project=camp", "ranking=ranking.csv", "budget=80", "audit.share=0.5", "format=csv")
    file = filled(Path("camp/round_1/csv.csv"), "anna", truth)
    done = typed("clean", f"answers={file}", "project=camp", "adjudication=single", "audit.target=0.2")
    assert done.code == 0, done.err
    assert "stop: at most" in done.out
    labels = pd.read_csv("camp/labels.csv")
    assert (labels["label_class"] == truth).all()
    assert Project.open(Path("camp")).settings["adjudication"]["name"] == "SingleAnswer"
    typed("export", "project=camp", "budget=40", "audit.share=0", "format=csv")
    file = filled(Path("camp/round_2/csv.csv"), "anna", truth)
    typed("clean", f"answers={file}", "project=camp", "adjudication=single")
    refused = typed("export", "project=camp", "budget=40", "audit.share=0", "format=csv")
    refused.refused("every sample has been asked about")


def test_the_log_alone_is_enough_and_conflicts_are_told(truth: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> None:
    typed("export", "project=camp", "ranking=ranking.csv", "budget=10", "format=csv")
    typed("clean", "project=camp").refused("nobody has answered yet", "alc-review camp")
    project = Project.open(Path("camp"))
    project.log.append(
        [
            Answer("review:1", 0, "anna", "cat", "2026-03-01"),
            Answer("review:2", 0, "ben", "owl", "2026-03-01", "suggested"),
            Answer("review:3", 1, "ben", None, "2026-03-01"),
        ]
    )
    done = typed("clean", "project=camp")
    assert done.code == 0, done.err
    assert "disagree about 1 samples" in done.out
    assert "1 votes were given after the suggestion" in done.out
    kinds = pd.read_csv("camp/conflicts.csv")["kind"]
    assert sorted(kinds) == ["after_suggestion", "disagreement", "disagreement"]
    project.log.append([Answer("review:4", 999, "anna", "cat", "2026-03-01")])
    typed("clean", "project=camp").refused("answer 4", "sample 999")


def test_what_is_refused_changes_nothing(truth: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> None:
    typed("export", "project=camp").refused("no ranking to make it from", "Type alc-rank")
    typed("export", "project=camp", "ranking=nothing").refused("no rank run of that id or name")
    typed("export", "project=camp", "ranking=no.csv").refused("there is no file")
    typed("export", "project=camp", "ranking=ranking.csv", "format=xml").refused("format=xml", "label_studio")
    typed("export", "project=camp", "ranking=ranking.csv", "show=all").refused("show=all", "none, given, suggested")
    typed("export", "project=camp", "ranking=ranking.csv", "budget=0").refused("round.budget=0")
    typed("export", "project=camp", "ranking=ranking.csv", "copy_images=true").refused("copy_images=true")
    typed("clean", "answers=x.csv", "project=camp").refused("camp is no project", "alc-export")
    assert not Path("camp").exists()
    for folder in ("camp", "other"):
        done = typed("export", f"project={folder}", "ranking=ranking.csv", "budget=10", "format=csv")
        assert done.code == 0, done.err
    file = filled(Path("other/round_1/csv.csv"), "anna", truth)
    typed("clean", f"answers={file}", "project=camp").refused("anna.csv, line 2", "of project")
    good = filled(Path("camp/round_1/csv.csv"), "ben", truth)
    Path("bad.csv").write_text("sample_id,annotator_id,label\n0,x,lynx\n")
    typed("clean", f"answers={good},bad.csv", "project=camp").refused("bad.csv, line 2", "'lynx'")
    assert not Path("camp/answers.jsonl").exists()
    typed("clean", "labels.project=camp").refused("no finished alc-rank run")
    typed("clean").refused("labels.simulation has no value")


def test_what_people_said_is_trained_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("alc.tasks.rank.draw_contact_sheet", lambda *_, **__: [])
    done = alc("rank", *ONE_MODEL, "report.rows=0", "name=first")
    assert done.code == 0, done.err
    done = typed("export", "project=camp", "ranking=first", "budget=12", "audit.share=0.25")
    assert done.code == 0, done.err
    project = Project.open(Path("camp"))
    queue = project.queue()
    rows = given_out(queue, 1)
    assert project.image(str(rows["path"].iloc[0])) is not None  # these data are no files: copies
    samples = SampleTable.load(only(tmp_path, "runs/train/*") / "samples.parquet")
    assert samples.reference is not None
    said = dict(zip(samples.sample_id.tolist(), samples.reference.tolist(), strict=True))
    names = project.class_names
    project.log.append(
        [Answer(f"review:{each}", each, "anna", names[said[each]], "2026-03-01") for each in rows["sample_id"].tolist()]
    )
    done = typed("clean", "project=camp", "adjudication=single")
    assert done.code == 0, done.err
    assert "alc-clean labels.project=camp" in done.out
    assert Path("camp/figures/rounds.png").is_file()
    done = alc("clean", "labels.project=camp", "name=by_hand")
    assert done.code == 0, done.err
    table = pd.read_csv("runs/by_hand/labels.csv")
    assert table["annotations"].sum() == len(rows)
    here = table["annotations"] > 0
    assert (table.loc[here, "label_class"] == samples.reference[here.to_numpy()]).all()
    assert (table.loc[~here, "label_class"] == samples.given[~here.to_numpy()]).all()
    assert "alc-evaluate clean=" in done.out
    done = typed("clean", "project=camp", "adjudication=single", "posteriors_from=by_hand")
    assert done.code == 0, done.err
    anew = Project.open(Path("camp")).queue()
    assert list(anew["sample_id"])[: len(rows)] == list(queue["sample_id"])[: len(rows)]
    assert list(anew["p_given"]) != list(queue["p_given"])
    done = typed("export", "project=camp", "budget=5")
    assert done.code == 0, done.err
    alc("clean", "labels.project=camp", "treatment=argmax").refused("treatment=bought")
    alc("clean", "labels.project=camp", "noise.rate=0.1").refused("decided by the ranking")


def test_the_examples_of_the_help_are_accepted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    configs = app.config_directory()
    text = (configs / "answers.yaml").read_text().partition("Examples:")[2].partition("Writes")[0]
    lines = [line.split() for line in text.splitlines() if line.strip()]
    assert len(lines) == 4
    for program, *arguments in lines:
        assert program == "alc-clean"
        assert clean.brings_answers(arguments)
        check(clean.listed(arguments), program=program, config_name="answers", config_path=configs)

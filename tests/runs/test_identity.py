"""The run id: what it sees and what it does not."""

from copy import deepcopy
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alc.runs.identity import FILES, IGNORED, LATER, LATER_OF, TRAINING_GROUPS, run_id, training_config, training_id

DIGESTS = {"images.npz": "ab12"}
CONFIG: dict[str, Any] = {
    "data": {
        "_target_": "alc.sources.X",
        "root": "data",
        "num_workers": 0,
        "download": False,
        "cache": None,
        "size": 32,
    },
    "noise": {"rate": 0.2},
    "backbone": {"width": 8},
    "method": {"epochs": 3},
    "optimizer": {"lr": 0.1},
    "scheduler": {},
    "augmentation": {"flip": True},
    "loader": {"num_workers": 0, "batch_size": 64},
    "posteriors": {"folds": 5},
    "trainer": {
        "accelerator": "cpu",
        "enable_progress_bar": True,
        "enable_model_summary": False,
        "log_every_n_steps": 50,
        "max_epochs": 3,
    },
    "ssl": {},
    "tuning": {},
    "compute": {},
    "averaging": {},
    "callbacks": {},
    "seed": 0,
    "seeds": {"split": 0, "noise": 0, "train": 0, "annotator": 0},
    "paths": {"runs": "runs"},
    "logger": {"name": ""},
    "launcher": {"jobs": 1},
    "display": {"rows": 10},
    "hydra": {"mode": "RUN"},
    "tags": ["a"],
    "name": None,
    "force": False,
    "posteriors_from": "auto",
    "selector": {"joint": {}},
    "simulation": {"seeds": 5, "figures": "auto", "mixed_code": False},
}


def changed(dotted: str, value: object) -> dict[str, Any]:
    config = deepcopy(CONFIG)
    section = config
    *sections, key = dotted.split(".")
    for name in sections:
        section = section[name]
    assert key in section, f"the example config lacks {dotted}"
    section[key] = value
    return config


@pytest.mark.parametrize("dotted", IGNORED)
def test_ignored_key_keeps_the_id(dotted: str) -> None:
    assert run_id("simulate", changed(dotted, "other"), DIGESTS) == run_id("simulate", CONFIG, DIGESTS)


@pytest.mark.parametrize(
    ("dotted", "value"),
    [
        ("data.size", 28),
        ("loader.batch_size", 32),
        ("noise.rate", 0.3),
        ("optimizer.lr", 0.2),
        ("trainer.max_epochs", 4),
        ("seeds.annotator", 1),
        ("seed", 1),
        ("selector", {"joint": {}, "random": {}}),
        ("callbacks", {"ema": {}}),
    ],
)
def test_everything_else_changes_the_id(dotted: str, value: object) -> None:
    assert run_id("simulate", changed(dotted, value), DIGESTS) != run_id("simulate", CONFIG, DIGESTS)


@pytest.mark.parametrize(("dotted", "value"), LATER.items())
def test_keys_that_came_later_keep_the_names_of_earlier_runs(dotted: str, value: object) -> None:
    group, _, key = dotted.partition(".")
    with_key = {**CONFIG, group: {**CONFIG[group], key: value}}
    assert run_id("train", with_key, DIGESTS) == run_id("train", CONFIG, DIGESTS)
    with_key[group][key] = "other"
    assert run_id("train", with_key, DIGESTS) != run_id("train", CONFIG, DIGESTS)


@pytest.mark.parametrize(("target", "dotted", "value"), [(*where, value) for where, value in LATER_OF.items()])
def test_keys_that_came_later_to_one_option_do_so_too(target: str, dotted: str, value: object) -> None:
    group, _, key = dotted.partition(".")

    def its_id(of: str, **keys: object) -> str:
        return run_id("train", {**CONFIG, group: {"_target_": of, **keys}}, DIGESTS)

    assert its_id(target, **{key: value}) == its_id(target) != its_id(target, **{key: "other"})
    assert its_id("alc.another", **{key: value}) != its_id("alc.another")  # which had the key all along


def test_id_is_the_start_of_a_digest_of_canonical_json() -> None:
    text = '{"config":{"a":[1,2.5,null,true,"x"],"b":1},"inputs":{},"task":"rank"}'
    config = {"b": 1.0, "a": (1, 2.5, None, True, "x"), "force": True}
    assert run_id("rank", config, {}) == sha256(text.encode()).hexdigest()[:10]


def test_task_and_inputs_are_part_of_the_id() -> None:
    ids = {
        run_id("train", CONFIG, DIGESTS),
        run_id("rank", CONFIG, DIGESTS),
        run_id("train", CONFIG, {"images.npz": "cd34"}),
        run_id("train", CONFIG, {"other.npz": "ab12"}),
    }
    assert len(ids) == 4


def test_data_root_counts_where_nothing_is_digested() -> None:
    assert run_id("train", changed("data.root", "other"), {}) != run_id("train", CONFIG, {})


@pytest.mark.parametrize("dotted", FILES)
def test_a_file_counts_by_its_content(dotted: str, tmp_path: Path) -> None:
    group, _, key = dotted.partition(".")
    (tmp_path / "a").write_text("0.9,0.1")
    (tmp_path / "b").write_text("0.9,0.1")

    def its_id(file: str) -> str:
        return run_id("train", {**CONFIG, group: {**CONFIG[group], key: str(tmp_path / file)}}, DIGESTS)

    before = its_id("a")
    assert its_id("b") == before
    assert its_id("absent") != before
    (tmp_path / "a").write_text("0.8,0.2")
    assert its_id("a") != before


def test_numbers_are_compared_by_value() -> None:
    assert run_id("t", {"a": 1}, {}) == run_id("t", {"a": 1.0}, {})
    assert run_id("t", {"a": 0}, {}) == run_id("t", {"a": -0.0}, {})
    assert run_id("t", {"a": 1e3}, {}) == run_id("t", {"a": 1000}, {})
    assert run_id("t", {"a": 1}, {}) != run_id("t", {"a": True}, {})
    assert run_id("t", {"a": 1}, {}) != run_id("t", {"a": "1"}, {})
    assert run_id("t", {"a": 0.1}, {}) != run_id("t", {"a": 0.1 + 1e-16 + 1e-17}, {})


def test_other_values_are_refused() -> None:
    with pytest.raises(TypeError, match=r"a\.b is a set"):
        run_id("t", {"a": {"b": {1}}}, {})


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=3), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])  # drawing configs is slow on a busy machine
@given(st.dictionaries(st.text("abcd", min_size=1), PLAIN, max_size=5), st.randoms())
def test_order_of_keys_property(config: dict[str, object], shuffler: Any) -> None:
    keys = list(config)
    shuffler.shuffle(keys)
    assert run_id("t", {key: config[key] for key in keys}, {}) == run_id("t", config, {})


def test_training_is_a_part_of_every_config() -> None:
    simulate = deepcopy(CONFIG)
    train = {key: entry for key, entry in CONFIG.items() if key not in {"selector", "posteriors_from"}}
    simulate["seeds"]["annotator"] = 9
    assert (
        training_id(simulate, DIGESTS)
        == training_id(train, DIGESTS)
        == run_id("train", training_config(train), DIGESTS)
    )
    for group in TRAINING_GROUPS:
        assert training_id(changed(group, {"new": 1}), DIGESTS) != training_id(CONFIG, DIGESTS), group


def test_an_absent_group_is_an_empty_group() -> None:
    without = {key: entry for key, entry in CONFIG.items() if key != "callbacks"}
    assert training_id(without, DIGESTS) == training_id(CONFIG, DIGESTS)
    assert training_id({**CONFIG, "callbacks": None}, DIGESTS) == training_id(CONFIG, DIGESTS)


def test_one_batch_is_not_all_batches() -> None:
    one, every = ({"trainer": {"limit_train_batches": value}} for value in (1, 1.0))
    assert run_id("train", one, DIGESTS) != run_id("train", every, DIGESTS)


def test_the_order_of_selectors_counts_and_no_other_order_does() -> None:
    first: dict[str, Any] = {"selector": {"joint": {}, "entropy": {}}}
    second: dict[str, Any] = {"selector": {"entropy": {}, "joint": {}}}
    assert run_id("simulate", first, DIGESTS) != run_id("simulate", second, DIGESTS)
    a, b = {"noise": {"rate": 1, "exact": True}}, {"noise": {"exact": True, "rate": 1}}
    assert run_id("simulate", a, DIGESTS) == run_id("simulate", b, DIGESTS)


def test_the_number_of_processes_counts_and_with_several_the_kind_of_device() -> None:
    def its_id(**trainer: object) -> str:
        return training_id({"trainer": {"accelerator": "cpu", "devices": 1, "num_nodes": 1} | trainer}, DIGESTS)

    assert its_id() == its_id(accelerator="gpu")
    assert len({its_id(), its_id(devices=2), its_id(devices=3), its_id(num_nodes=2)}) == 4
    assert its_id(devices=2) != its_id(devices=2, accelerator="gpu")


def test_a_digest_of_a_file_stands_in_the_place_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "w").write_text("weights")
    digest = sha256(b"weights").hexdigest()

    def its_id(name: object, digests: dict[str, str]) -> str:
        return run_id("train", {**CONFIG, "backbone": {"weights": name}}, digests)

    found = {"backbone.weights": digest}
    assert its_id("a_run", DIGESTS | found) == its_id("its_name", DIGESTS | found)
    assert its_id("a_run", DIGESTS | found) == its_id(str(tmp_path / "w"), DIGESTS)
    assert its_id(None, DIGESTS | found) == its_id(12345e6789, DIGESTS | found)
    assert its_id("a_run", DIGESTS | {"backbone.weights": "other"}) != its_id("a_run", DIGESTS | found)


def test_a_digest_of_weights_alone_does_not_tell_two_folders_of_data_apart() -> None:
    weights = {"backbone.weights": "ab12"}
    assert run_id("train", changed("data.root", "other"), weights) != run_id("train", CONFIG, weights)

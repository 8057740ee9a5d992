"""From config to objects: what may be called, and how a refusal names the key."""

from functools import partial

import pytest
from omegaconf import OmegaConf

from alc.build import build
from alc.errors import InputError

SYMMETRIC = "alc.noise.Symmetric"


def test_object_partial_dict_and_nothing() -> None:
    config = OmegaConf.create(
        {
            "seed": 3,
            "counts": {"_target_": "torch.Size", "_args_": [[1, 2]]},
            "later": {"_target_": "alc.errors.InputError", "_partial_": True, "problem": "${seed}"},
            "many": {
                "a": {"_target_": "torch.Size", "_args_": [[3]]},
                "b": {"_target_": "torch.Size", "_args_": [[4]]},
            },
            "empty": {},
            "null": None,
        }
    )
    assert tuple(build(config, "counts")) == (1, 2)
    later = build(config, "later")
    assert isinstance(later, partial)
    assert later.keywords == {"problem": 3}
    assert build(config, "many") == {"a": (3,), "b": (4,)}
    assert isinstance(build(config, "many"), dict)
    assert build(config, "many.b") == (4,)
    assert build(config, "empty") is None
    assert build(config, "null") is None
    assert build(config, "absent") is None


@pytest.mark.parametrize(
    "target", ["os.system", "builtins.eval", "alcx.Thing", "hydra.utils.instantiate", "subprocess.run"]
)
def test_only_our_libraries_may_be_called(target: str) -> None:
    config = OmegaConf.create({"selector": {"mine": {"score": {"_target_": target, "_args_": ["echo no"]}}}})
    with pytest.raises(InputError, match=r"selector\.mine\.score\._target_") as caught:
        build(config, "selector")
    assert target in str(caught.value)
    assert "alc., torch." in str(caught.value)


def test_an_unknown_argument_names_key_and_parameters() -> None:
    config = OmegaConf.create({"noise": {"_target_": SYMMETRIC, "rte": 0.2}})
    with pytest.raises(InputError) as caught:
        build(config, "noise")
    assert str(caught.value).startswith(f"noise can not be built by {SYMMETRIC}: ")
    assert "Did you mean 'rate'?" in str(caught.value)


def test_a_partial_is_checked_before_it_is_called() -> None:
    adam = {"_target_": "torch.optim.AdamW", "_partial_": True, "lrr": 0.1}
    with pytest.raises(InputError, match=r"optimizer can not be built.*'lrr'.*Did you mean 'lr'\?"):
        build(OmegaConf.create({"optimizer": adam}), "optimizer")
    score = {"_target_": "alc.selection.scores.joint", "_partial_": True, "margn": 0.3}
    selector = {"mine": {"_target_": "alc.selection.selector.Selector", "score": score}}
    with pytest.raises(InputError, match=r"selector\.mine\.score can not be built"):
        build(OmegaConf.create({"selector": selector}), "selector")


def test_a_missing_argument_names_the_parameters() -> None:
    config = OmegaConf.create(
        {"annotator": {"_target_": "alc.annotators.label_distribution.LabelDistributionAnnotator"}}
    )
    with pytest.raises(InputError, match=r"annotator can not be built by .*: .*missing.*Allowed: .*seed"):
        build(config, "annotator")


@pytest.mark.parametrize("target", ["alc.noise.Nothing", "alc.nowhere.Nothing", "torch.nowhere"])
def test_an_unknown_target_names_the_key(target: str) -> None:
    config = OmegaConf.create({"optimizer": {"inner": {"_target_": target}}})
    with pytest.raises(InputError, match=r"optimizer.* can not be built") as caught:
        build(config, "optimizer")
    assert target in str(caught.value)


def test_an_error_of_the_constructor_keeps_its_words() -> None:
    config = OmegaConf.create({"noise": {"_target_": SYMMETRIC, "rate": 1.5}})
    with pytest.raises(InputError, match=r"^noise.*1\.5"):
        build(config, "noise")


def test_values_that_can_not_be_resolved() -> None:
    config = OmegaConf.create({"noise": {"_target_": SYMMETRIC, "rate": "${nowhere}"}, "data": {"root": "???"}})
    with pytest.raises(InputError, match="'noise'"):
        build(config, "noise")
    with pytest.raises(InputError, match="'data'"):
        build(config, "data")

"""Messages a user can act on."""

import pytest

from alc.errors import InputError, did_you_mean


def test_message_has_problem_allowed_and_fix_as_sentences() -> None:
    error = InputError("row 3 holds 7", allowed="0 to 4", fix="Type labels=clean")
    assert str(error) == "row 3 holds 7. Allowed: 0 to 4. Type labels=clean."
    assert (error.problem, error.allowed, error.fix) == ("row 3 holds 7", "0 to 4", "Type labels=clean")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (InputError("row 3 holds 7"), "row 3 holds 7."),
        (InputError("row 3 holds 7.", allowed="0 to 4."), "row 3 holds 7. Allowed: 0 to 4."),
        (InputError("no such key", fix="Did you mean 'seed'?"), "no such key. Did you mean 'seed'?"),
    ],
)
def test_message_leaves_out_what_is_not_known(error: InputError, text: str) -> None:
    assert str(error) == text


def test_input_error_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="no"):
        raise InputError("no")


def test_did_you_mean() -> None:
    words = ["joint", "joint_released", "entropy"]
    assert did_you_mean("entrpy", words) == "Did you mean 'entropy'?"
    assert did_you_mean("joint_relased", words) == "Did you mean 'joint_released'?"
    assert did_you_mean("xyz", words) is None
    assert did_you_mean("entropy", []) is None

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from alc.figures.palette import KNOWN, SPARE, display_name, line_looks

SHIPPED = [
    "random",
    "oracle",
    "oracle_once",
    "cross_entropy",
    "joint",
    "joint_released",
    "self_confidence",
    "normalized_margin",
    "entropy",
]


def test_selectors_keep_their_colour() -> None:
    looks = line_looks(SHIPPED)
    assert looks["random"].colour == "#7F7F7F"
    assert looks["oracle"].colour == "#000000"
    assert looks == {name: KNOWN[name] for name in SHIPPED}


def test_shipped_selectors_are_told_apart() -> None:
    looks = line_looks(SHIPPED)
    assert all(looks[one] != looks[two] for one, two in combinations(SHIPPED, 2))


@settings(max_examples=25)
@given(
    st.lists(
        st.text("abc_", min_size=1, max_size=12) | st.sampled_from(SHIPPED),
        min_size=1,
        max_size=len(SPARE),
        unique=True,
    )
)
def test_unknown_names_property(names: list[str]) -> None:
    looks = line_looks(names)
    assert list(looks) == names
    assert looks == {name: line_looks(names[::-1])[name] for name in names}  # the order of the names does not matter
    unknown = [look for name, look in looks.items() if name not in KNOWN]
    assert len(set(unknown)) == len(unknown)
    assert not set(unknown) & {KNOWN["random"], KNOWN["oracle"]}
    assert line_looks([names[0]])[names[0]] in set(SPARE) | set(KNOWN.values())


def test_more_names_than_looks_are_still_drawn() -> None:
    names = [f"selector {number}" for number in range(len(SPARE) + 5)]
    assert len(line_looks(names)) == len(names)


def test_display_name() -> None:
    assert display_name("joint_released") == "joint released"
    assert display_name("_") == "'_'"

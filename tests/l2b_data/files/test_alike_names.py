"""Names of one patient in two parts of a split."""

import re

import pytest

from l2b_data.files.alike_names import REGEX, alike_in_parts


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("patient001_frame01", "patient001"),
        ("patient001_ED", "patient001"),
        ("p01-s12", "p01"),
        ("malignant3/p01_2.png", "p01"),
        ("patient1_frame01_4", "patient1_frame01"),
        ("case12", None),
        ("ISIC_0024306", None),
        ("b (3)", None),
        ("class3/img_1.png", None),
    ],
)
def test_the_group_in_a_name(name, group):
    found = re.search(REGEX, name)
    assert (found and found[1]) == group


def split_of(names):
    return {name: ("train", "train", "test")[number % 3] for number, name in enumerate(names)}


def test_what_is_proposed():
    frames = split_of([f"patient{patient:03d}_frame{frame:02d}" for patient in range(5) for frame in (1, 12)])
    text = alike_in_parts(frames)
    assert text is not None
    assert text.startswith(
        "3 of 5 groups of names stand in two parts: patient001_frame01 (test) and patient001_frame12"
    )
    assert text.endswith(f"prepare again with --group-regex '{REGEX}'")
    assert alike_in_parts(dict.fromkeys(frames, "train")) is None
    assert alike_in_parts(split_of([f"case{number}" for number in range(9)])) is None
    assert alike_in_parts(split_of([f"site{site}_{number}" for site in (1, 2) for number in range(9)])) is None
    assert alike_in_parts(split_of([*(f"t2_{number}" for number in range(9)), "b", "c"])) is None

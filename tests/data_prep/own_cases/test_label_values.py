"""Label values: what masks mean, and when they do not say so."""

import numpy as np
import pytest

from data_prep.own_cases.label_values import derive_label_values, named_values, parse_label_values
from l2b_data.errors import ConfigError, DataError


def derive(*cases):
    return derive_label_values({f"c{number}": np.array(values) for number, values in enumerate(cases)})


def test_parsed():
    values = parse_label_values("background=255, gland=1+2,lesion=7")
    assert values.labels == {"background": 0, "gland": 1, "lesion": 2}
    relabelled = values.relabel(np.array([[255, 1], [2, 7]], np.int32))
    np.testing.assert_array_equal(relabelled, [[0, 1], [1, 2]])
    assert relabelled.dtype == np.uint8
    assert values.record() == {"background": [255], "gland": [1, 2], "lesion": [7]}
    assert values.unknown(np.array([0, 7, 255])) == [0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lesion=255", "background comes first; name background and at least one class"),
        ("background=0,lesion", "'lesion' is not NAME=VALUE"),
        ("background=0,a=1,a=2", "a stands twice"),
        ("background=0,a=1,b=1", "the value 1 stands twice"),
        ("background=0,a=x", "'a=x' is not NAME=VALUE"),
        ("background=0", "at least one class"),
    ],
)
def test_what_cannot_be_parsed(text, message):
    with pytest.raises(ConfigError, match=message):
        parse_label_values(text)


def test_derived():
    assert derive([0, 255], [0]).record() == {"background": [0], "foreground": [255]}
    assert derive([0, 1, 2], [0, 2, 4]).record() == {"background": [0], "label_1": [1], "label_2": [2], "label_4": [4]}
    assert derive([0, 1, 3]).sources == {0: 0, 1: 1, 3: 2}


@pytest.mark.parametrize(
    ("cases", "message"),
    [
        ([[1, 2]], "which are background and which foreground"),
        ([[0], [0]], "which are background"),
        ([[-1, 0]], "which are background"),
        ([list(range(200))], "200 values, 0 to 199: no label maps"),
        ([[0, 1], [0, 255], [0, 255]], r"1 in 1 \(c0\); 255 in 2 \(c1\)"),
    ],
)
def test_values_that_do_not_say_what_they_mean(cases, message):
    with pytest.raises(DataError, match=message):
        derive(*cases)


def test_named():
    values = named_values({"background": 0, "b": 7, "a": 3})
    assert values.labels == {"background": 0, "a": 1, "b": 2}
    assert values.sources == {0: 0, 3: 1, 7: 2}
    for table in ({"a": 1, "b": 2}, {"background": 0}, {"background": 0, "a": 1, "b": 1}, {}):
        with pytest.raises(DataError, match="background must be 0"):
            named_values(table)

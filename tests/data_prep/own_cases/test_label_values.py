"""Label values: what masks mean, and when they do not say so."""

import numpy as np
import pytest

from data_prep.own_cases.label_values import (
    derive_label_values,
    named_values,
    parse_label_values,
    settle_label_values,
)
from l2b_data.errors import ConfigError, DataError
from l2b_data.images.soft_mask import mask_values


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
        ("background=0,a=3000000000", "the value 3000000000 is beyond what a mask can hold"),
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


def soft(seed=0, top=255):
    """A square whose border falls from `top` to 0 over four pixels, and one like it without."""
    ramp = np.concatenate([np.zeros(12), np.linspace(0, 1, 6), np.ones(10), np.linspace(1, 0, 6), np.zeros(12)])
    array = np.round(top * np.minimum(ramp, np.roll(ramp, seed)[:, None]))[None].astype(np.uint8)
    return array, np.where(array > top / 2, top, 0).astype(np.uint8)


def settle(*arrays, named=None):
    found = {f"labelsTr/c{number}": mask_values(array) for number, array in enumerate(arrays)}
    return settle_label_values(found, None if named is None else parse_label_values(named))


def test_values_that_stand_for_labels_in_masks_written_back():
    assert parse_label_values("background=255,gland=2+1,lesion=0").values == [255, 1, 0]


@pytest.mark.parametrize("named", [None, "background=0,foreground=255"])
def test_soft_edges_are_cut_at_half(named):
    edges, cut = soft()
    found = settle(edges, soft(3)[0], cut, np.zeros_like(cut), named=named)
    assert (found.labels, found.values, found.half) == ({"background": 0, "foreground": 1}, [0, 255], 127.5)
    np.testing.assert_array_equal(found.relabel(edges), cut > 0)
    assert settle(edges, soft(top=200)[0], named="background=255,hole=0").relabel(edges)[0, 0, 0] == 1


def test_named_greys_are_classes():
    edges, _ = soft()
    names = ",".join(f"c{value}={value}" for value in np.unique(edges) if value)
    found = settle(edges, named=f"background=0,{names}")
    assert found.half is None
    assert len(found.names) == len(np.unique(edges))


def test_greys_that_are_not_all_on_edges():
    edges, _ = soft()
    ramp = np.arange(0, 256, 5, dtype=np.uint8).repeat(4)[None, None].repeat(20, axis=1)
    with pytest.raises(DataError, match=r"values, 0 to 255, in part along the edges .*cut by a threshold at half"):
        settle(edges, edges, ramp)
    with pytest.raises(DataError, match=r"that are not named\. .*\n  c0: holds 51, .*; named are background 0, a 255"):
        settle(edges, ramp, named="background=0,a=255")

"""Outlines, weight maps and images of a report, read back from what the page holds."""

import base64
import io
import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image
from skimage.draw import polygon2mask

from l2b_seg.report.case import MAX_SLICES, ShownCase, case_record, case_records, focus, picture_of
from l2b_seg.report.pictures import (
    MAX_SIDE,
    TRUSTED,
    WEIGHT_RANGE,
    grey_levels,
    image_uri,
    outline,
    trust_scale,
    trust_uri,
    weight_scale,
    weight_uri,
)


def polygons(path: str) -> list[np.ndarray]:
    """The closed polygons of an SVG path "Mx ylx y ...z" as (row, column) in pixels from the picture's corner."""
    found = []
    for part in re.findall(r"M(-?\d+ -?\d+)l([^z]*)z", path):
        start, steps = (np.array(text.split(), int).reshape(-1, 2) for text in part)
        found.append(np.cumsum(np.concatenate([start, steps]), axis=0)[:, ::-1] / 2)
    return found


def filled(path: str, shape: tuple[int, int]) -> np.ndarray:
    """The pixels whose centre is inside, holes left out."""
    inside = np.zeros(shape, bool)
    for polygon in polygons(path):
        inside ^= polygon2mask(shape, polygon - 0.5)
    return inside


def decoded(uri: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(uri.partition("base64,")[2])))


@settings(deadline=None)
@given(arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12))))
def test_an_outline_encloses_its_mask_exactly(mask: np.ndarray) -> None:
    np.testing.assert_array_equal(filled(outline(mask), mask.shape), mask)


def test_an_outline_of_a_large_picture_is_shorter_and_close() -> None:
    side = 1024
    disc = np.hypot(*(np.mgrid[:side, :side] - side / 2)) < 300
    path = outline(disc)
    assert len(path) < 1500
    assert (filled(path, disc.shape) != disc).sum() < 0.02 * disc.sum()


def test_an_empty_mask_has_no_outline() -> None:
    assert outline(np.zeros((5, 5), bool)) == ""


def test_weight_maps_are_drawn_from_the_ranges_end_on() -> None:
    low, high = WEIGHT_RANGE
    image = decoded(weight_uri(np.array([[0.0, low * 0.99, low * 1.01, 1.0, high, 1e9]]))).convert("RGBA")
    red, green, blue, opacity = np.asarray(image)[0].T
    assert (opacity[:2] == 0).all()
    assert (opacity[2:] > 100).all()
    assert (red[4], green[4], blue[4]) == (red[5], green[5], blue[5])
    assert decoded(weight_uri(np.ones((500, 1000)))).size == (160, 80)
    scale = dict(weight_scale())
    assert list(scale) == [0.25, 0.5, 1, 2, 4, 8, 16, 32, 64]
    assert scale[1.0] == f"#{red[3]:02x}{green[3]:02x}{blue[3]:02x}"


def test_what_is_not_trusted_is_bright() -> None:
    image = decoded(trust_uri(np.array([[1.0, TRUSTED + 0.01, TRUSTED - 0.01, 0.3, 0.0]]))).convert("RGBA")
    *colours, opacity = np.asarray(image)[0].T.astype(int)
    assert (opacity[:2] == 0).all()
    assert (opacity[2:] > 100).all()
    assert (np.diff(sum(colours)[2:]) > 0).all()
    scale = dict(trust_scale())
    assert list(scale) == [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    assert scale[0.3] == "#" + "".join(f"{colour[3]:02x}" for colour in colours)


def test_images_are_small_and_like_what_was_given() -> None:
    y, x = np.mgrid[:300, :600]
    image = (127 + 100 * np.sin(x / 60) * np.cos(y / 40)).astype(np.uint8)
    seen = decoded(image_uri(image))
    assert seen.size == (MAX_SIDE, MAX_SIDE // 2)
    small = np.asarray(Image.fromarray(image).resize(seen.size)).astype(int)
    assert np.abs(np.asarray(seen.convert("L")).astype(int) - small).mean() < 4


def test_grey_levels_use_one_window_a_case() -> None:
    volume = np.stack([np.linspace(0, 100, 400).reshape(20, 20), np.linspace(100, 200, 400).reshape(20, 20)])
    levels = grey_levels(volume)
    assert levels.dtype == np.uint8
    assert levels.min() == 0
    assert levels.max() == 255
    assert levels[0].max() <= levels[1].min() + 1
    assert (grey_levels(np.full((1, 4, 4), 7)) == 0).all()


def test_three_channels_are_colour_only_by_their_names() -> None:
    channels = [np.full((2, 3, 3), value, np.uint8) for value in (10, 20, 30)]
    np.testing.assert_array_equal(picture_of(channels, ["R", "G", "B"])[0, 0, 0], [10, 20, 30])
    assert picture_of(channels, ["T2", "ADC", "DWI"]).shape == (2, 3, 3)
    assert decoded(image_uri(picture_of(channels, ["red", "green", "blue"])[0])).mode == "RGB"


def test_focus_is_square_on_the_screen_and_holds_all_masks() -> None:
    mask = np.zeros((3, 100, 200), np.uint8)
    mask[1, 40:50, 100:150] = 2
    x, y, across, down = focus([mask], 0.5)
    assert x <= 200
    assert x + across >= 300
    assert y <= 80
    assert y + down >= 100
    assert across * 0.5 == pytest.approx(down, rel=0.02)
    assert focus([np.zeros_like(mask)], 1.0) is None
    assert focus([np.ones_like(mask)], 1.0) == [0, 0, 400, 200]


def test_a_case_record_numbers_its_slices_and_scores_them() -> None:
    image = np.zeros((2 * MAX_SLICES + 1, 8, 8), np.uint8)
    clean, other = np.zeros_like(image), np.zeros_like(image)
    clean[4, 2:6, 2:6], other[4, 2:6, 4:6] = 1, 2
    shown = ShownCase(
        "a", "a (test)", image, {"clean": clean, "run0": other}, reference="clean", classes=["one", "two"]
    )
    record = case_record(shown, {"run0": "plain"})
    assert [part["number"] for part in record["slices"]] == list(range(0, 2 * MAX_SLICES + 1, 3))
    assert record["last"] == 2 * MAX_SLICES
    assert record["note"] == f"Every 3rd of {2 * MAX_SLICES + 1} slices."
    shown = ShownCase(
        "a", "a (test)", image[:6], {"clean": clean[:6], "run0": other[:6]}, reference="clean", classes=["one", "two"]
    )
    record = case_record(shown, {"run0": "plain"})
    assert record["first"] == 4
    assert record["slices"][4]["dice"] == {"run0": round(2 * 8 / 24, 4)}
    assert list(record["slices"][4]["outlines"]["run0"]) == ["two"]
    assert list(record["slices"][4]["outlines"]["clean"]) == ["one"]
    assert record["slices"][0]["outlines"] == record["slices"][0]["dice"] == {}


def test_slices_an_audit_suspects_are_always_there_and_a_page_has_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    image = np.random.default_rng(0).integers(0, 255, (2 * MAX_SLICES, 32, 32), np.uint8)
    shown = ShownCase("a", "a", image, {}, wanted={7, 8})
    record = case_record(shown, {})
    numbers = [part["number"] for part in record["slices"]]
    assert numbers == sorted({*range(0, 2 * MAX_SLICES, 2), 7})
    assert record["note"] == f"Every 2nd of {2 * MAX_SLICES} slices, and those an audit suspects."
    size = len(json.dumps(record))
    monkeypatch.setattr("l2b_seg.report.case.MAX_BYTES", size)
    limited = case_records([shown, shown], {})
    assert sum(len(json.dumps(each)) for each in limited) <= size
    assert all(7 in [part["number"] for part in each["slices"]] for each in limited)
    assert limited[0]["note"].startswith("Every 4th of") or limited[0]["note"].startswith("Every 5th of")

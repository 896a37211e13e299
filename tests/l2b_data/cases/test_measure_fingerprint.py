"""The fingerprint: what lies where and how wide it is, of given and clean masks, in the plane across the thick axis."""

import json

import numpy as np
import pytest

from l2b_data.cases.dataset import Dataset, write_dataset_files
from l2b_data.cases.fingerprint import VERSION, Fingerprint
from l2b_data.cases.measure_fingerprint import measure_fingerprint, store_fingerprint
from l2b_data.cases.slicing_plane import slicing_plane
from l2b_data.errors import DataError
from l2b_data.images.volume import Volume, write_volume

SHAPE = (4, 40, 80)
SAGITTAL = (0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0)  # columns run to the back, rows upwards, slices to the left


def write_set(root, masks, *, labels=("organ",), splits=None, spacing=(3.0, 1.0, 1.0), direction=None, known=True):
    """A prepared set of these masks (case -> array (D, H, W)); images are 100 where a class is, else 0."""
    for case, mask in masks.items():
        grid = Volume(mask, spacing, spacing_known=known, **({} if direction is None else {"direction": direction}))
        write_volume(grid.with_array((mask > 0).astype(np.int16) * 100), root / "imagesTr" / f"{case}_0000.nii.gz")
        write_volume(grid, root / "labelsTr" / f"{case}.nii.gz")
    write_dataset_files(
        root,
        name="Boxes",
        channels=["image"],
        labels={"background": 0, **{name: value for value, name in enumerate(labels, 1)}},
        splits=splits or {"train": sorted(masks), "meta": [], "test": []},
        spacing_unit="mm" if known else "voxel",
        how={},
        source={},
    )
    return Dataset.open(root)


def boxed(top, bottom, left, right, *, label=1, slices=(1, 3), shape=SHAPE):
    mask = np.zeros(shape, np.uint8)
    mask[slices[0] : slices[1], top:bottom, left:right] = label
    return mask


def test_where_classes_lie_how_often_and_how_wide(tmp_path):
    one = boxed(10, 20, 20, 60) + boxed(30, 34, 0, 80, label=2, slices=(1, 2))
    found = measure_fingerprint(write_set(tmp_path, {"a": one, "b": one}, labels=("organ", "strip")))
    assert (found.kind, found.plane, found.channels) == ("volumes", "LPS", 1)
    assert (found.cases, found.slices, found.meta_cases, found.meta_slices) == (2, 8, 0, 0)
    assert (found.rows, found.columns, found.spacing) == (40, 80, (3.0, 1.0, 1.0))
    organ, strip = found.classes["organ"], found.classes["strip"]
    assert (organ.slices, strip.slices, found.foreground, organ.cases) == (0.5, 0.25, 0.5, 1.0)
    assert organ.share == pytest.approx(10 * 40 * 2 / (40 * 80 * 4))
    assert organ.box == pytest.approx((10 / 40, 20 / 40, 20 / 80, 60 / 80), abs=0.02)
    assert found.box == pytest.approx((10 / 40, 34 / 40, 0.0, 1.0), abs=0.06)
    side = np.sqrt(40 * 80)
    assert strip.width * side == pytest.approx(2 * 4 * 80 / (np.pi / 4 * 168), rel=0.01)
    assert organ.width > 1.5 * strip.width
    assert found.intensities == [(0.0, 0.0, 100.0)]


def test_a_wrong_mask_or_two_do_not_move_the_box_but_every_clean_one_counts(tmp_path):
    masks = {f"c{number:02d}": boxed(15, 25, 30, 50) for number in range(59)}
    masks["wrong"] = boxed(0, 4, 0, 8)
    found = measure_fingerprint(write_set(tmp_path / "one", masks))
    assert found.box == pytest.approx((15 / 40, 25 / 40, 30 / 80, 50 / 80), abs=0.02)
    splits = {"train": [case for case in masks if case != "wrong"], "meta": ["wrong"], "test": []}
    found = measure_fingerprint(write_set(tmp_path / "two", masks, splits=splits))
    assert found.box == pytest.approx((0, 25 / 40, 0, 50 / 80), abs=0.02)
    assert (found.cases, found.meta_cases, found.meta_slices) == (59, 1, 4)


def test_test_cases_are_not_read_and_given_masks_are_those_of_their_folder(tmp_path):
    masks = {"a": boxed(10, 20, 20, 60), "t": boxed(0, 40, 0, 80)}
    dataset = write_set(tmp_path, masks, splits={"train": ["a"], "meta": [], "test": ["t"]})
    assert measure_fingerprint(dataset).box[1] == pytest.approx(0.5, abs=0.02)
    write_volume(Volume(boxed(30, 38, 20, 60), (3.0, 1.0, 1.0)), dataset.label_path("a", "labelsTr_given"))
    assert measure_fingerprint(dataset, labels="labelsTr_given").box[0] == pytest.approx(0.75, abs=0.02)


def test_nothing_shown_and_pictures(tmp_path):
    empty = np.zeros((1, 40, 80), np.uint8)
    found = measure_fingerprint(write_set(tmp_path, {"a": empty}, known=False, spacing=(1.0, 1.0, 1.0)))
    assert (found.kind, found.plane, found.foreground, found.box) == ("pictures", None, 0.0, (0.0, 1.0, 0.0, 1.0))
    assert (found.classes["organ"].share, found.classes["organ"].width) == (0.0, 0.0)


def test_stored_in_dataset_json_and_read_back(tmp_path):
    dataset = write_set(tmp_path, {"a": boxed(10, 20, 20, 60)})
    store_fingerprint(tmp_path)
    info = Dataset.open(tmp_path).info
    assert info["fingerprint"]["version"] == VERSION
    assert info["labels"] == dataset.info["labels"]
    read = Fingerprint.from_json(info["fingerprint"])
    assert read is not None
    assert json.dumps(read.to_json()) == json.dumps(measure_fingerprint(dataset).to_json())


def test_another_version_is_none_and_a_damaged_one_is_named(tmp_path):
    stored = measure_fingerprint(write_set(tmp_path, {"a": boxed(10, 20, 20, 60)})).to_json()
    assert Fingerprint.from_json(None) is None
    assert Fingerprint.from_json(stored | {"version": VERSION + 1}) is None
    with pytest.raises(DataError, match=r"fingerprint is damaged .*measured anew"):
        Fingerprint.from_json({key: value for key, value in stored.items() if key != "classes"})


def test_volumes_are_sliced_across_their_thick_axis(tmp_path):
    lying = write_set(tmp_path / "axial", {"a": boxed(10, 20, 20, 60)}, direction=SAGITTAL, spacing=(1.0, 3.0, 1.0))
    assert lying.plane == "PSL"
    assert slicing_plane(lying) == "LPS"
    along = write_set(tmp_path / "even", {"a": boxed(10, 20, 20, 60)}, direction=SAGITTAL, spacing=(1.0, 1.2, 1.0))
    assert slicing_plane(along) == "PSL"

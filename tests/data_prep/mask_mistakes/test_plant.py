"""Mistakes dealt to the cases of a data set, and the record of them."""

import json

import numpy as np
import pytest

from data_prep.mask_mistakes.kinds import KINDS, OF_CLASSES, CleanMask
from data_prep.mask_mistakes.plant import VISIBLE, label_dice, parse_kinds, plant
from l2b_data.cases.check.data_set import check_dataset
from l2b_data.cases.label_map import case_labels
from l2b_data.cases.noise_manifest import MANIFEST, read_manifest
from l2b_data.errors import ConfigError, DataError
from l2b_data.files.hashing import sha256_file
from l2b_data.images.volume import read_volume, write_volume
from tests.l2b_data.images.stored_otherwise import stored_otherwise

SHAPE = (10, 48, 48)


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def rows_of(folder):
    return read_manifest(folder)["cases"]


def test_parse_kinds():
    assert parse_kinds("all") == KINDS
    assert parse_kinds(" shifted, swapped,shifted ") == ("swapped", "shifted")
    with pytest.raises(ConfigError, match=r"--mistakes 'turned', '': there are all, swapped, mirrored, "):
        parse_kinds("turned,mirrored,")


def test_every_kind_takes_its_turn_and_the_record_is_true(prepared):
    dataset = prepared(16, shape=SHAPE, cores=True)
    before = contents(dataset.root / "labelsTr")
    said = []
    folder = plant(dataset, share=1, seed=3, say=said.append)
    manifest = read_manifest(folder)
    assert folder == dataset.root / "labelsTr_mistakes_s3"
    assert set(manifest["counts"]) == set(manifest["definitions"]) == set(KINDS)
    assert all(manifest["counts"].values())
    assert (manifest["level"], manifest["share"], manifest["seed"], manifest["left_out"]) == ("mistakes", 1, 3, [])
    assert manifest["spoilt"] == sum(manifest["counts"].values()) == len(said) == 16
    assert sorted(manifest["cases"]) == sorted(dataset.splits["train"])
    found = []
    for case, row in manifest["cases"].items():
        clean, wrong = dataset.label_path(case), dataset.label_path(case, folder)
        assert (row["source_sha256"], row["noisy_sha256"]) == (sha256_file(clean), sha256_file(wrong))
        clean, wrong = read_volume(clean), read_volume(wrong)
        assert clean.same_grid(wrong) == []
        found.append(label_dice(wrong.array, clean.array))
        assert row["dice"] == pytest.approx(found[-1])
        assert row["dice"] <= VISIBLE
    assert manifest["achieved_dice"] == pytest.approx(np.mean(found))
    assert contents(dataset.root / "labelsTr") == before
    assert check_dataset(dataset) == []


def test_a_share_is_spoilt_and_the_rest_left_as_it_is(prepared):
    dataset = prepared(10, shape=SHAPE)
    rows = rows_of(plant(dataset, share=0.3))
    assert sum(row["kind"] is not None for row in rows.values()) == 3
    for case, row in rows.items():
        clean = case_labels(dataset, case).array
        given = case_labels(dataset, case, "labelsTr_mistakes_s0").array
        assert (row["kind"] is None) == (row["dice"] == 1) == np.array_equal(clean, given)
        assert (row["kind"] is None) == (row["size"] is None)
    few = prepared(3, shape=SHAPE, name="few")
    assert read_manifest(plant(few, ["mirrored"], share=0.01))["spoilt"] == 1


def test_the_same_bytes_again_and_others_from_another_seed(prepared):
    one, two = (plant(prepared(6, shape=SHAPE, name=name), share=0.5) for name in ("one", "two"))
    assert contents(one) == contents(two)
    other = plant(prepared(6, shape=SHAPE, name="three"), share=0.5, seed=1)
    assert contents(other) != contents(one)


def test_swapped_within_one_grid_and_both_named(prepared):
    dataset = prepared(7, shapes=[SHAPE, (10, 48, 56)])
    rows = rows_of(plant(dataset, ["swapped"], share=1))
    pairs = {case: row["partner"] for case, row in rows.items() if row["kind"]}
    assert len(pairs) == 6  # the odd one of four of a grid has nobody
    for case, partner in pairs.items():
        assert pairs[partner] == case != partner
        given = case_labels(dataset, case, "labelsTr_mistakes_s0").array
        np.testing.assert_array_equal(given, case_labels(dataset, partner).array)
    assert rows_of(plant(dataset, ["mirrored"], share=1, seed=1))["case0"]["partner"] is None


def test_kinds_no_case_can_have_are_left_out_and_named(prepared):
    lacking = ["slices-deleted", "slices-copied", *OF_CLASSES]
    manifest = read_manifest(plant(prepared(4, shape=(3, 48, 48)), [*lacking, "inverted"], share=1))
    assert manifest["left_out"] == lacking
    assert manifest["counts"] == dict.fromkeys(lacking, 0) | {"inverted": 4}
    both = read_manifest(plant(prepared(4, shape=SHAPE, name="b"), ["class-missing", "mirrored"], share=1))
    assert both["left_out"] == ["class-missing"]
    assert both["counts"] == {"mirrored": 4, "class-missing": 0}
    none = prepared(4, shape=SHAPE, name="c")
    with pytest.raises(DataError, match="none of its training masks can have"):
        plant(none, ["class-missing"], share=1)
    assert not (none.root / "labelsTr_mistakes_s0").exists()


def test_empty_masks_stay_as_they_are(prepared):
    dataset = prepared(4, shape=SHAPE)
    path = dataset.label_path("case1")
    write_volume(read_volume(path).with_array(np.zeros(SHAPE, np.uint8)), path)
    row = rows_of(plant(dataset, ["inverted", "mirrored"], share=1))["case1"]
    assert (row["kind"], row["dice"]) == (None, 1)


def test_spoilt_in_the_plane_of_the_set_whatever_the_order_of_axes(prepared):
    plain, other = (prepared(4, shape=SHAPE, name=name) for name in ("plain", "other"))
    orders = {"case0": (2, 0, 1), "case2": (1, 0, 2), "case5": (0, 2, 1)}
    for case, order in orders.items():
        for path in (other.label_path(case), other.image_path(case)):
            write_volume(stored_otherwise(read_volume(path), order, (False, False, True)), path)
    assert plain.plane == other.plane == "LPS"
    folders = [plant(dataset, ["mirrored", "slices-deleted", "reversed"], share=1) for dataset in (plain, other)]
    for case in plain.splits["train"]:
        row, same = (rows_of(folder)[case] for folder in folders)
        assert (row["kind"], row["size"]) == (same["kind"], same["size"])
        first, second = (
            read_volume(dataset.label_path(case, folder))
            for dataset, folder in zip((plain, other), folders, strict=True)
        )
        assert second.same_grid(read_volume(other.label_path(case))) == []
        turned = stored_otherwise(first, orders[case], (False, False, True)) if case in orders else first
        np.testing.assert_array_equal(second.array, turned.array)


def test_distances_are_in_the_units_of_the_plane(prepared):
    dataset = prepared(2, shape=SHAPE)
    rows = rows_of(plant(dataset, ["over-drawn"], share=1))
    for case, row in rows.items():
        radius = CleanMask(case_labels(dataset, case).array, (3.0, 0.5, 0.5)).radius
        assert 0.2 * radius <= row["size"]["distance"] <= 0.4 * radius


def test_the_same_call_again_changes_nothing_and_another_is_refused(prepared):
    dataset = prepared(4, shape=SHAPE)
    folder = plant(dataset, ["mirrored", "shifted"], share=0.5)
    times = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert plant(dataset, ["shifted", "mirrored"], share=0.5) == folder
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == times
    for kinds, share, named in ((["mirrored"], 0.5, "kinds"), (["mirrored", "shifted"], 0.25, "share")):
        with pytest.raises(DataError, match=rf"labelsTr_mistakes_s0 holds another corruption \(differs in: {named}\)"):
            plant(dataset, kinds, share=share)
    dataset.label_path("case0", folder).write_bytes(b"edited")
    with pytest.raises(DataError, match="the noisy masks of case0"):
        plant(dataset, ["mirrored", "shifted"], share=0.5)


def test_wrong_wishes(prepared):
    dataset = prepared(2, shape=SHAPE)
    with pytest.raises(ConfigError, match=r"--share 0: above 0 and at most 1; --seed -1: at least 0"):
        plant(dataset, share=0, seed=-1)
    for share in (1.5, float("nan")):
        with pytest.raises(ConfigError, match=f"--share {share}"):
            plant(dataset, share=share)
    with pytest.raises(ConfigError, match="'turned'"):
        plant(dataset, ["turned"])
    (dataset.root / "splits.json").write_text(json.dumps({"train": [], "meta": [], "test": ["case0"]}))
    with pytest.raises(ConfigError, match="no training case to spoil"):
        plant(type(dataset).open(dataset.root))
    assert not list(dataset.root.glob("labelsTr_mistakes*"))


def test_check_names_a_planted_mask_that_was_changed(prepared):
    dataset = prepared(3, shape=SHAPE)
    folder = plant(dataset, ["mirrored"])
    assert (folder / MANIFEST).is_file()
    dataset.label_path("case2", folder).unlink()
    assert [(fault.kind, fault.case) for fault in check_dataset(dataset)] == [("missing", "case2")]


def test_label_dice():
    labels = np.zeros((8, 40, 40), np.uint8)
    labels[1:7, 5:20, 5:18], labels[2:6, 20:24, 6:16] = 1, 2
    assert label_dice(labels, labels) == 1
    assert label_dice(labels, np.zeros_like(labels)) == 0
    assert label_dice(np.zeros_like(labels), np.zeros_like(labels)) == 1
    assert label_dice(labels, np.where(labels == 2, 0, labels)) == 0.5

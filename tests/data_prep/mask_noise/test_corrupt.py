"""Corruption of a data set: calibrated, reproducible, on training cases only, recorded."""

import json
import os
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

import data_prep.mask_noise.corrupt
import data_prep.mask_noise.record
from data_prep.mask_noise.corrupt import corrupt
from data_prep.mask_noise.one_slice import LEVELS, SliceNoise
from data_prep.mask_sets.promise12 import prepare_promise12
from l2b_data.cases.noise_manifest import read_manifest
from l2b_data.errors import ConfigError, DataError
from l2b_data.files.atomic import atomic_file
from l2b_data.images.volume import read_volume, write_volume
from tests.data_prep.conftest import gland
from tests.data_prep.mask_noise.replay import apply_slice_noise
from tests.l2b_data.images.in_unit import assert_same_header, rewrite_in


def dice(one, other):
    return 2 * np.count_nonzero((one > 0) & (other > 0)) / (np.count_nonzero(one) + np.count_nonzero(other))


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize("level", LEVELS)
def test_reaches_the_published_dice(prepared, level):
    dataset = prepared(12)
    folder = corrupt(dataset, level=level, seed=1)
    manifest = read_manifest(folder)
    assert folder == dataset.noisy_folder(level, 1)
    assert {path.name for path in folder.glob("*.gz")} == {f"case{n}.nii.gz" for n in range(12)}
    found = {}
    for case in dataset.splits["train"]:
        clean, noisy = read_volume(dataset.label_path(case)), read_volume(dataset.label_path(case, folder))
        assert clean.same_grid(noisy) == []
        assert noisy.array.dtype == np.uint8
        found[case] = dice(noisy.array, clean.array)
        assert manifest["cases"][case]["dice"] == pytest.approx(found[case], abs=1e-12)
    assert np.mean(list(found.values())) == pytest.approx(LEVELS[level].dice, abs=0.005)
    assert manifest["achieved_dice"] == pytest.approx(np.mean(list(found.values())), abs=1e-12)


def test_same_bytes_whatever_the_workers_and_other_bytes_for_another_seed(prepared):
    folders = []
    for name, workers in (("one", 1), ("two", 4)):
        folders.append(corrupt(prepared(5, name=name), level="L2", seed=0, workers=workers))
    assert contents(folders[0]) == contents(folders[1])
    again = corrupt(prepared(5, name="three"), level="L2", seed=1)
    assert contents(again)["case0.nii.gz"] != contents(folders[0])["case0.nii.gz"]


def test_draws_of_a_case_do_not_depend_on_the_other_cases(prepared):
    few = corrupt(prepared(2, name="few"), level="L2", calibrate=False)
    many = corrupt(prepared(6, name="many"), level="L2", calibrate=False)
    for case in ("case0", "case1"):
        assert contents(few)[f"{case}.nii.gz"] == contents(many)[f"{case}.nii.gz"]


def test_manifest_replays_the_masks(prepared):
    """The stored values alone give the noisy masks again."""
    dataset = prepared(4)
    folder = corrupt(dataset, level="L3")
    manifest = read_manifest(folder)
    names = SliceNoise.__dataclass_fields__
    for case, entry in manifest["cases"].items():
        clean, noisy = (read_volume(dataset.label_path(case, where)).array for where in ("labelsTr", folder))
        assert {row["index"] for row in entry["slices"]} == set(np.flatnonzero(clean.any(axis=(1, 2))))
        replayed = np.zeros_like(noisy)
        for row in entry["slices"]:
            drawn = SliceNoise(**{name: row[name] for name in names})
            small, index = manifest["small_area_px"], row["index"]
            replayed[index] = apply_slice_noise(drawn, clean[index], manifest["length_factor"], small_area_px=small)
            assert row["kernel_px"] == drawn.kernel_px(manifest["length_factor"])
            assert row["noisy_px"] == np.count_nonzero(replayed[index])
            assert row["clean_px"] == np.count_nonzero(clean[index])
            assert drawn.deleted == (row["clean_px"] <= small)
            assert (row["outcome"] in ("deleted", "empty")) == (row["noisy_px"] == 0)
        np.testing.assert_array_equal(replayed, noisy)


def test_uncalibrated_uses_the_in_plane_size(prepared):
    dataset = prepared(3, shape=(6, 100, 100))
    folder = corrupt(dataset, level="L1", calibrate=False)
    manifest = read_manifest(folder)
    assert folder.name == "labelsTr_noisy_L1-uncalibrated_s0"
    assert manifest["length_factor"] == manifest["resolution"] == 0.25
    assert manifest["small_area_px"] == 300 / 16
    assert manifest["target_dice"] is None
    assert not manifest["calibrated"]


@pytest.mark.parametrize(("width", "resolution"), [(404, 1.0), (370, 1.0), (320, 0.8)])
def test_published_kernels_near_native_size(prepared, width, resolution):
    dataset = prepared(2, shape=(3, width, width))
    manifest = read_manifest(corrupt(dataset, level="L1", calibrate=False))
    assert manifest["length_factor"] == resolution
    if resolution == 1:
        rows = [row for entry in manifest["cases"].values() for row in entry["slices"]]
        assert all(row["kernel_px"] == row["kernel"] for row in rows)
        assert rows


def test_two_processes_at_once(prepared, monkeypatch):
    """The slower of two finds the folder made in the meantime, sees that it is the same, and leaves it alone."""
    dataset = prepared(2)
    write_json = data_prep.mask_noise.corrupt.write_json

    def overtaken(path, value):
        write_json(path, value)
        if not dataset.noisy_folder("L2", 0).exists():
            shutil.copytree(path.parent, dataset.noisy_folder("L2", 0))

    monkeypatch.setattr(data_prep.mask_noise.corrupt, "write_json", overtaken)
    folder = corrupt(dataset, level="L2")
    assert read_manifest(folder)["achieved_dice"] > 0
    assert [path.name for path in dataset.root.iterdir() if path.name.startswith(".")] == []


def test_distances_in_the_unit_of_the_data(prepared):
    in_voxels = read_manifest(corrupt(prepared(3, name="v"), level="L3", calibrate=False))
    in_mm = read_manifest(corrupt(prepared(3, name="m", spacing_unit="mm"), level="L3", calibrate=False))
    assert (in_voxels["hd_unit"], in_mm["hd_unit"]) == ("voxel", "mm")
    assert in_voxels["achieved_hd"] != pytest.approx(in_mm["achieved_hd"])
    assert in_voxels["achieved_dice"] == in_mm["achieved_dice"]


def test_target_of_ones_own_and_out_of_reach(prepared):
    dataset = prepared(8)
    manifest = read_manifest(corrupt(dataset, level="L2", target_dice=0.7))
    assert manifest["achieved_dice"] == pytest.approx(0.7, abs=0.005)
    before = sorted(dataset.root.iterdir())
    with pytest.raises(ConfigError, match=r"0\.999 is out of reach: L2 on these masks reaches 0\.\d+ to 0\.9\d+"):
        corrupt(dataset, level="L2", target_dice=0.999)
    assert sorted(dataset.root.iterdir()) == before


def test_second_call_returns_at_once_and_changes_nothing(prepared):
    dataset = prepared(3)
    folder = corrupt(dataset, level="L2")
    times = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert corrupt(dataset, level="L2", workers=3) == folder
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == times


def test_stale_noise_is_refused(prepared):
    dataset = prepared(3)
    folder = corrupt(dataset, level="L2")
    (folder / "case1.nii.gz").write_bytes(b"")
    with pytest.raises(DataError, match=r"noisy masks of case1.*remove it first"):
        corrupt(dataset, level="L2")
    shutil.rmtree(folder)
    corrupt(dataset, level="L2")
    clean = read_volume(dataset.label_path("case0"))
    write_volume(clean.with_array(np.roll(clean.array, 1, axis=2)), dataset.label_path("case0"))
    with pytest.raises(DataError, match="the clean masks"):
        corrupt(dataset, level="L2")


def test_wrong_arguments(prepared):
    dataset = prepared(2)
    with pytest.raises(ConfigError, match="L4: one of L1, L2, L3"):
        corrupt(dataset, level="L4")
    with pytest.raises(ConfigError) as caught:
        corrupt(dataset, level="L1", seed=-1, workers=0, target_dice=1.5, calibrate=False)
    for part in ("--seed -1", "--workers 0", "--target-dice 1.5", "exclude each other"):
        assert part in str(caught.value)


def test_absent_clean_masks_are_all_named(prepared):
    dataset = prepared(3)
    for case in ("case0", "case2"):
        dataset.label_path(case).unlink()
    with pytest.raises(DataError, match="no clean mask of case0, case2"):
        corrupt(dataset, level="L1")


def test_of_one_class_every_label_is_foreground(prepared):
    plain, dataset = prepared(2, name="plain"), prepared(2)
    clean = read_volume(dataset.label_path("case0"))
    write_volume(clean.with_array(clean.array * 2), dataset.label_path("case0"))
    expected, found = (corrupt(one, level="L1", calibrate=False) for one in (plain, dataset))
    for case in ("case0", "case1"):
        assert contents(found)[f"{case}.nii.gz"] == contents(expected)[f"{case}.nii.gz"]


def test_several_classes_reach_the_dice_together(prepared):
    dataset = prepared(8, cores=True)
    manifest = read_manifest(folder := corrupt(dataset, level="L2", target_dice=0.55))
    means = []
    for case in dataset.splits["train"]:
        clean, noisy = (read_volume(dataset.label_path(case, where)).array for where in ("labelsTr", folder))
        assert set(np.unique(noisy)) <= {0, 1, 2}
        entry = manifest["cases"][case]
        by_class = {str(value): dice(noisy == value, clean == value) for value in (1, 2)}
        assert entry["class_dice"] == pytest.approx(by_class)
        assert entry["dice"] == pytest.approx(np.mean(list(by_class.values())))
        means.append(entry["dice"])
    assert np.mean(means) == pytest.approx(0.55, abs=0.005)
    write_volume(read_volume(dataset.label_path("case0")).with_array(clean * 2), dataset.label_path("case0"))
    with pytest.raises(DataError, match=r"case0\.nii\.gz: label values 4; this data set's are 0 to 2"):
        corrupt(dataset, level="L1")


def test_classes_are_rotated_together_and_deformed_alone(prepared):
    """What a class becomes is what it alone would, but for pixels it loses to the smaller class on top."""
    dataset = prepared(3, cores=True)
    manifest = read_manifest(folder := corrupt(dataset, level="L3", calibrate=False))
    names, lost = SliceNoise.__dataclass_fields__, 0
    for case, entry in manifest["cases"].items():
        clean, noisy = (read_volume(dataset.label_path(case, where)).array for where in ("labelsTr", folder))
        for row in entry["slices"]:
            drawn, index = SliceNoise(**{name: row[name] for name in names}), row["index"]
            assert drawn.deleted == (np.count_nonzero(clean[index]) <= manifest["small_area_px"])
            alone = {
                value: apply_slice_noise(
                    drawn,
                    clean[index] == value,
                    manifest["length_factor"],
                    small_area_px=manifest["small_area_px"],
                )
                for value in (1, 2)
            }
            first = 1 if (clean[index] == 1).sum() >= (clean[index] == 2).sum() else 2
            below, above = alone[first], alone[3 - first]
            sizes = abs(int((clean[index] == 1).sum()) - int((clean[index] == 2).sum()))
            if sizes > 40:  # the order is that of the sizes after the rotation, a few pixels off
                np.testing.assert_array_equal(noisy[index] == 3 - first, above)
                np.testing.assert_array_equal(noisy[index] == first, below & ~above)
                lost += np.count_nonzero(below & above)
    assert lost > 0


def test_pictures_of_any_size_are_corrupted_alike(prepared):
    """Single slices: a length is a share of each picture's own width; volumes keep one length for all."""
    shapes = [(1, 96, 96), (1, 192, 192), (1, 144, 192)]
    dataset = prepared(6, shapes=[(2, *shape[1:]) for shape in shapes])
    manifest = read_manifest(corrupt(dataset, level="L1", calibrate=False))
    assert {entry["scale"] for entry in manifest["cases"].values()} == {1.0}
    flat = prepared(6, shapes=shapes, name="flat")
    for number, case in enumerate(flat.cases):  # `gland` leaves the first slice empty
        drawn = gland((2, *shapes[number % 3][1:]), seed=number)[1:]
        write_volume(read_volume(flat.label_path(case)).with_array(drawn), flat.label_path(case))
    manifest = read_manifest(corrupt(flat, level="L1", calibrate=False))
    widths = {case: np.sqrt(np.prod(shapes[number % 3])) for number, case in enumerate(flat.splits["train"])}
    mean = np.mean(list(widths.values()))
    for case, entry in manifest["cases"].items():
        assert entry["scale"] == pytest.approx(widths[case] / mean)
        (row,) = entry["slices"]
        length = row["kernel"] * widths[case] / 400
        assert row["kernel_px"] in (max(1, np.floor(length)), np.ceil(length))
        assert row["deleted"] == (row["clean_px"] <= 300 * (widths[case] / 400) ** 2)


def test_nothing_half_written_on_a_full_disk(prepared, monkeypatch):
    dataset = prepared(6)
    before = sorted(dataset.root.rglob("*"))
    write = data_prep.mask_noise.record.write_volume

    def full(volume, path):
        if "case1" in path.name:
            with atomic_file(path) as temporary:
                temporary.write_bytes(b"half")
                raise OSError(28, "No space left on device")
        time.sleep(0.3)  # the other workers are still at it when the fault is met
        write(volume, path)

    monkeypatch.setattr(data_prep.mask_noise.record, "write_volume", full)
    with pytest.raises(Exception, match="no space left"):
        corrupt(dataset, level="L2", workers=3)
    assert sorted(dataset.root.rglob("*")) == before


def test_manifest_is_strict_json_and_hides_no_path(prepared, tmp_path):
    text = (corrupt(prepared(2), level="L1") / "noise_manifest.json").read_text()
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} in JSON"))
    assert str(tmp_path) not in text


@pytest.mark.real
def test_published_levels_on_real_masks(tmp_path):
    data = os.environ.get("L2B_TEST_DATA")
    if not data or not (Path(data) / "promise12").is_dir():
        pytest.skip("L2B_TEST_DATA names no folder with promise12")
    dataset = prepare_promise12([Path(data) / "promise12"], tmp_path / "data")
    factors = {}
    for level in LEVELS.values():
        manifest = read_manifest(corrupt(dataset, level=level.name, workers=2))
        assert manifest["achieved_dice"] == pytest.approx(level.dice, abs=0.005)
        assert set(manifest["cases"]) == set(dataset.splits["train"])
        factors[level.name] = manifest["length_factor"]
    # The files have half of the native in-plane size, and the published kernels belong to native size.
    assert all(0.45 < factor < 0.6 for factor in factors.values()), factors


def test_masks_in_micron_get_noise_in_micron_and_distances_in_mm(prepared):
    plain, micron = prepared(2, spacing_unit="mm", name="mm"), prepared(2, spacing_unit="mm", name="micron")
    rewrite_in("micron", *(micron.label_path(case) for case in micron.cases))
    folders = [corrupt(dataset, level="L2", calibrate=False) for dataset in (plain, micron)]
    for case in micron.splits["train"]:
        assert_same_header(micron.label_path(case, folders[1]), micron.label_path(case))
    distances = [[row["hd"] for row in read_manifest(folder)["cases"].values()] for folder in folders]
    np.testing.assert_allclose(distances[1], distances[0], rtol=1e-6)

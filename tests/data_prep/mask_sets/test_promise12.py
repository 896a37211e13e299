"""PROMISE12 into a prepared data set: the split, the sources, and all that can be wrong with them."""

import json
import os
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from data_prep.mask_sets.promise12 import PUBLISHED_SPLIT, make_split, prepare_promise12
from data_prep.mask_sets.promise12_files import find_cases
from l2b_data.cases.check.data_set import check_dataset
from l2b_data.cases.dataset import Dataset
from l2b_data.errors import ConfigError, DataError
from l2b_data.images.volume import read_volume
from tests.data_prep.conftest import gland, picture, write_image

SOME = [0, 1, 4, 5, 12, 13]  # 5 is a meta case, 12 and 13 are test cases


def zip_folder(folder, path, prefix="training_data/"):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, prefix + file.name)
    return path


def tree(root):
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def test_published_split_is_a_partition():
    cases = [case for part in PUBLISHED_SPLIT.values() for case in part]
    assert [len(part) for part in PUBLISHED_SPLIT.values()] == [37, 3, 10]
    assert sorted(cases) == [f"Case{number:02d}" for number in range(50)]


@pytest.mark.parametrize("compressed", [True, False])
def test_from_a_folder(challenge, tmp_path, compressed):
    lines = []
    source = challenge(SOME, compressed=compressed)
    dataset = prepare_promise12([source], tmp_path / "out", say=lines.append)
    assert dataset.splits == {
        "train": ["Case00", "Case01", "Case04"],
        "meta": ["Case05"],
        "test": ["Case12", "Case13"],
    }
    assert dataset.spacing_unit == "mm"
    assert any("44 of the 50 published cases are not in the source: Case02, Case03" in line for line in lines)
    for number in SOME:
        case = f"Case{number:02d}"
        image, mask = read_volume(dataset.image_path(case)), read_volume(dataset.label_path(case))
        np.testing.assert_array_equal(mask.array, gland(seed=number))
        np.testing.assert_array_equal(image.array, picture(gland(seed=number), seed=number))
        assert mask.array.dtype == np.uint8
        assert image.array.dtype == np.int16
        assert image.spacing_mm == pytest.approx((3.6, 0.6, 0.6))
        assert image.same_grid(mask) == []
    hashes = dataset.info["source"]["sha256"]
    assert len(hashes) == 4 * len(SOME)
    assert check_dataset(dataset) == []


def test_zips_and_nested_folders_give_the_same(challenge, tmp_path):
    source = challenge(SOME)
    plain = prepare_promise12([source], tmp_path / "plain")
    halves = []
    for index in (0, 1):
        part = challenge(SOME[index::2], name=f"part{index}")
        halves.append(zip_folder(part, tmp_path / f"part{index}.zip"))
    zipped = prepare_promise12(halves, tmp_path / "zipped")
    (tmp_path / "deep" / "er").mkdir(parents=True)
    source.rename(tmp_path / "deep" / "er" / "raw")
    nested = prepare_promise12([tmp_path / "deep"], tmp_path / "nested")
    assert tree(plain.root) == tree(zipped.root) == tree(nested.root)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_test_cases_are_held_out_where_the_published_ones_are_absent(challenge, tmp_path):
    lines = []
    dataset = prepare_promise12([challenge([0, 1, 4, 5, 6, 7])], tmp_path / "out", test_cases=2, say=lines.append)
    assert dataset.splits["meta"] == ["Case05"]
    assert len(dataset.splits["test"]) == 2
    assert len(dataset.splits["train"]) == 3
    how = json.loads((tmp_path / "out" / "splits.json").read_text())["how"]
    assert how["seed"] == 0
    assert "none of the 10 published test cases is present" in how["text"]
    assert any("none of the 10 published test cases" in line for line in lines)


def test_splits_are_pure_functions():
    cases = [case for part in ("train", "meta") for case in PUBLISHED_SPLIT[part]]
    one = make_split(cases, mode="official", seed=0, test_cases=8)[0]
    assert one == make_split(cases[::-1], mode="official", seed=0, test_cases=8)[0]
    assert one["test"] != make_split(cases, mode="official", seed=1, test_cases=8)[0]["test"]
    assert set(one["test"]) < set(PUBLISHED_SPLIT["train"])
    drawn = make_split(cases, mode="random", seed=0, test_cases=8)[0]
    assert {name: len(part) for name, part in drawn.items()} == {"train": 29, "meta": 3, "test": 8}
    assert sorted(case for part in drawn.values() for case in part) == sorted(cases)


@pytest.mark.parametrize(
    ("spacing", "mode", "unit"),
    [((1, 1, 1), "auto", "voxel"), ((1, 1, 3), "auto", "mm"), ((1, 1, 1), "mm", "mm"), ((1, 1, 3), "voxel", "voxel")],
)
def test_spacing_unit(challenge, tmp_path, spacing, mode, unit):
    lines = []
    source = challenge(SOME, spacing_xyz=spacing)
    dataset = prepare_promise12([source], tmp_path / "out", spacing_unit=mode, say=lines.append)
    assert dataset.spacing_unit == unit
    assert any("counted in voxels" in line for line in lines) is (mode == "auto" and unit == "voxel")


def test_header_without_spacing(challenge, tmp_path):
    source = challenge(SOME)
    for name in ("Case00.mhd", "Case00_segmentation.mhd"):
        text = (source / name).read_text()
        (source / name).write_text("".join(line for line in text.splitlines(True) if "ElementSpacing" not in line))
    assert prepare_promise12([source], tmp_path / "out").spacing_unit == "voxel"


def test_all_faulty_cases_in_one_message(challenge, tmp_path):
    source = challenge([*SOME, 6, 7, 8, 10])
    (source / "Case00_segmentation.mhd").unlink()
    write_image(source / "Case01_segmentation.mhd", np.zeros((6, 64, 63), np.uint8), compressed=True)
    (source / "Case04.zraw").write_bytes((source / "Case04.zraw").read_bytes()[:500])
    header = (source / "Case06.mhd").read_text()
    (source / "Case06.mhd").write_text(header.replace("Case06.zraw", "../Case06.zraw"))
    header = (source / "Case07.mhd").read_text()
    (source / "Case07.mhd").write_text(header.replace("DimSize = 64 64 6", "DimSize = 10000 10000 10000"))
    several = gland(seed=8)
    several[1, 0, :2] = (2, 3)
    write_image(source / "Case08_segmentation.mhd", several, compressed=True)
    sitk.WriteImage(sitk.GetImageFromArray(np.full((6, 64, 64), np.nan, np.float32)), str(source / "Case10.mhd"))
    with pytest.raises(DataError) as caught:
        prepare_promise12([source], tmp_path / "out")
    message = str(caught.value)
    for part in (
        "7 of 10 cases",
        "Case00: no mask beside",
        "shape 6x64x64 against 6x64x63",
        "truncated compressed data",
        "'../Case06.zraw' is not a plain file name",
        "1,000,000,000,000 voxels",
        "the mask holds 4 values (0, 1, 2, 3)",
        "NaN or infinite",
    ):
        assert part in message
    assert [path.name for path in tmp_path.iterdir()] == ["raw"]


def test_truncated_raw(challenge, tmp_path):
    source = challenge(SOME, compressed=False)
    (source / "Case04.raw").write_bytes((source / "Case04.raw").read_bytes()[:-1])
    with pytest.raises(DataError, match=r"Case04\.raw: truncated: 49,151 bytes of the 49,152"):
        prepare_promise12([source], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_masks_of_255_and_bool_become_one(challenge, tmp_path):
    source = challenge(SOME)
    write_image(source / "Case00_segmentation.mhd", gland(seed=0) * 255, compressed=True)
    dataset = prepare_promise12([source], tmp_path / "out")
    assert set(np.unique(read_volume(dataset.label_path("Case00")).array)) == {0, 1}


def test_case_found_twice(challenge, tmp_path):
    one, two = challenge([0, 1, 12]), challenge([1], name="more")
    with pytest.raises(DataError, match=r"(?s)more than once.*Case01\.mhd stands twice"):
        prepare_promise12([one, two], tmp_path / "out")


def test_sources_that_are_none(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "bad.zip").write_bytes(b"PK no")
    for name, message in (
        ("nothing", "no such file or folder"),
        ("empty", r"no CaseNN\.mhd"),
        ("notes.txt", "neither"),
        ("bad.zip", "not a readable zip"),
    ):
        with pytest.raises(DataError, match=message):
            prepare_promise12([tmp_path / name], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_arguments_are_checked_together(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("")
    with pytest.raises(ConfigError) as caught:
        prepare_promise12([], tmp_path / "out", split="fair", test_cases=0, spacing_unit="inch")
    for part in ("no source", "--split fair", "--spacing-unit inch", "--test-cases 0", "not empty"):
        assert part in str(caught.value)
    assert (tmp_path / "out" / "mine").exists()


def test_too_few_cases(challenge, tmp_path):
    with pytest.raises(ConfigError, match="no training case"):
        prepare_promise12([challenge([0, 1])], tmp_path / "out")


def test_nothing_half_written_on_a_full_disk(challenge, tmp_path, monkeypatch):
    source = challenge(SOME)
    write = Path.write_bytes

    def full(path, data):
        if "Case04" in path.name:
            write(path, data[: len(data) // 2])
            raise OSError(28, "No space left on device")
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(Exception, match="no space left"):
        prepare_promise12([source], tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["raw"]


@pytest.mark.real
def test_real_data(tmp_path):
    data = os.environ.get("L2B_TEST_DATA")
    if not data or not (Path(data) / "promise12").is_dir():
        pytest.skip("L2B_TEST_DATA names no folder with promise12")
    source = Path(data) / "promise12"
    dataset = prepare_promise12([source], tmp_path / "out")
    assert {name: len(cases) for name, cases in dataset.splits.items()} == {"train": 25, "meta": 3, "test": 8}
    assert dataset.spacing_unit == "voxel"
    assert check_dataset(Dataset.open(tmp_path / "out")) == []
    for case in dataset.cases:
        original = sitk.GetArrayFromImage(sitk.ReadImage(str(source / f"{case}.mhd")))
        np.testing.assert_array_equal(read_volume(dataset.image_path(case)).array, original)


def test_copies_in_hidden_folders_are_no_cases(challenge):
    folder = challenge([0, 1])
    shutil.copytree(folder, folder / ".ipynb_checkpoints")
    assert list(find_cases([folder])) == ["Case00", "Case01"]

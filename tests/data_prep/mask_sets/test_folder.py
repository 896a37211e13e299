"""A user's own folders into a prepared data set: pairs, channels, labels, geometry, and all that can be wrong."""

import json

import numpy as np
import pytest
import tifffile
from PIL import Image

from data_prep.mask_sets.folder import prepare_folder
from data_prep.own_cases.check_folder import check_folder
from data_prep.own_cases.image_pairs import find_pairs
from data_prep.own_cases.label_values import parse_label_values
from data_prep.own_cases.split import SplitOptions
from l2b_data.cases.check.data_set import check_dataset
from l2b_data.cases.dataset import Dataset
from l2b_data.cases.fingerprint import Fingerprint
from l2b_data.errors import ConfigError, DataError
from l2b_data.images.image_files import read_channels, read_label_map
from l2b_data.images.volume import Volume, read_volume, write_volume
from tests.data_prep.own_data import volume_pair, write_pictures, write_volumes
from tests.l2b_data.images.dicom_series import ct_volume, write_series
from tests.l2b_data.images.in_unit import assert_same_header, rewrite_in

NAMES = [f"p{patient}_s{scan}" for patient in range(4) for scan in range(2)]
SMALL = SplitOptions(meta_count=1, test_fraction=0.25)


def findings(dataset):
    """Those of `check`, but that the ids, as they are here, tell of patients."""
    return [fault for fault in check_dataset(dataset) if fault.kind != "alike_ids"]


def prepare(images, labels, out, **options):
    return prepare_folder([str(images)], str(labels), out, **{"split": SMALL, **options})


@pytest.mark.parametrize(("suffix", "ending"), [(".png", ""), (".tif", "_segmentation"), (".jpg", "_mask")])
def test_colour_pictures(tmp_path, suffix, ending):
    images, masks = write_pictures(tmp_path / "raw", NAMES, suffix=suffix, ending=ending)
    lines = []
    dataset = prepare(images, masks, tmp_path / "out", say=lines.append)
    assert dataset.channels == ["R", "G", "B"]
    assert dataset.classes == {"foreground": 1}
    assert dataset.spacing_unit == "voxel"
    assert sorted(dataset.cases) == NAMES
    for case in NAMES:
        expected = read_channels(images / f"{case}{suffix}")
        stored = [read_volume(path) for path in dataset.image_paths(case)]
        for one, other in zip(expected, stored, strict=True):
            np.testing.assert_array_equal(one.array, other.array)
            assert other.array.dtype == np.uint8
        label = read_volume(dataset.label_path(case)).array
        np.testing.assert_array_equal(label * 255, read_label_map(masks / f"{case}{ending}.png").array)
    assert findings(dataset) == []
    assert any("no spacing" in line for line in lines)
    assert any("the meta cases were drawn" in line for line in lines)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("suffix", [".nii.gz", ".nii", ".mha", ".nrrd"])
@pytest.mark.parametrize("channels", [1, 2])
def test_volumes_keep_their_geometry(tmp_path, suffix, channels):
    images, masks = write_volumes(tmp_path / "raw", NAMES, suffix=suffix, channels=channels, scale=3)
    dataset = prepare(images, masks, tmp_path / "out", channels=["T2", "ADC"][:channels])
    assert dataset.channels == ["T2", "ADC"][:channels]
    assert dataset.classes == {"label_3": 1, "label_6": 2}
    assert dataset.spacing_unit == "mm"
    for number, case in enumerate(NAMES):
        expected, labels = volume_pair(number, channels=channels)
        for one, path in zip(expected, dataset.image_paths(case), strict=True):
            stored = read_volume(path)
            np.testing.assert_array_equal(stored.array, one.array)
            assert stored.array.dtype == np.int16
            assert stored.same_grid(labels, tolerance_mm=1e-6) == []
        stored = read_volume(dataset.label_path(case))
        np.testing.assert_array_equal(stored.array, labels.array)
        assert stored.same_grid(labels, tolerance_mm=1e-6) == []
    info = json.loads((tmp_path / "out" / "dataset.json").read_text())
    fingerprint, source = Fingerprint.from_json(info["fingerprint"]), info["source"]
    assert fingerprint is not None
    assert (fingerprint.kind, fingerprint.channels, set(fingerprint.classes)) == (
        "volumes",
        channels,
        {"label_3", "label_6"},
    )
    assert source["label_values"] == {"background": [0], "label_3": [3], "label_6": [6]}
    assert len(source["sha256"][NAMES[0]]["images"]) == channels
    assert findings(dataset) == []


def test_groups_stay_together(tmp_path):
    images, masks = write_pictures(tmp_path / "raw", NAMES)
    dataset = prepare(images, masks, tmp_path / "out", group_regex="(p[0-9])_")
    assert dataset.groups == {case: case[:2] for case in NAMES}
    parts = [{case[:2] for case in part} for part in dataset.splits.values()]
    assert sum(map(len, parts)) == 4
    (tmp_path / "groups.csv").write_text("case,group\n" + "".join(f"{case},{case[:2]}\n" for case in NAMES[1:]))
    with pytest.raises(DataError, match="p0_s0: no group in"):
        prepare(images, masks, tmp_path / "other", groups_file=tmp_path / "groups.csv")


def test_named_cases_label_values_and_excluded_ones(tmp_path):
    images, masks = write_volumes(tmp_path / "raw", NAMES)
    (masks / f"{NAMES[0]}.nii.gz").unlink()
    dataset = prepare(
        images,
        masks,
        tmp_path / "out",
        split=SplitOptions(meta_cases=(NAMES[3],), test_cases=(NAMES[4], NAMES[5])),
        label_values=parse_label_values("background=0,gland=1+2"),
        exclude=[NAMES[0]],
    )
    assert dataset.splits == {"train": [NAMES[1], NAMES[2], *NAMES[6:]], "meta": [NAMES[3]], "test": NAMES[4:6]}
    assert dataset.labels == {"background": 0, "gland": 1}
    np.testing.assert_array_equal(read_volume(dataset.label_path(NAMES[2])).array, volume_pair(2)[1].array > 0)


def test_given_masks_beside_clean_ones(tmp_path):
    images, masks = write_volumes(tmp_path / "raw", NAMES)
    for number, case in enumerate(NAMES[:-1]):
        label = volume_pair(number)[1]
        write_volume(label.with_array(np.roll(label.array, 2, axis=2)), tmp_path / "novice" / f"{case}_seg.nii.gz")
    novice = str(tmp_path / "novice")
    options = SplitOptions(meta_cases=(NAMES[0],), test_cases=(NAMES[-1],))
    dataset = prepare(images, masks, tmp_path / "out", given=novice, split=options)
    given = sorted((tmp_path / "out" / "labelsTr_given").iterdir())
    assert [path.name for path in given] == [f"{case}.nii.gz" for case in NAMES[1:-1]]
    for number, path in enumerate(given, 1):
        np.testing.assert_array_equal(read_volume(path).array, np.roll(volume_pair(number)[1].array, 2, axis=2))
        np.testing.assert_array_equal(
            read_volume(dataset.label_path(NAMES[number])).array, volume_pair(number)[1].array
        )
    assert findings(dataset) == []
    write_volume(Volume(read_volume(given[0]).array * 2), given[0])
    given[1].unlink()
    found = [(fault.kind, fault.case) for fault in findings(dataset)]
    assert found == [("labels", NAMES[1])] + [("geometry", NAMES[1])] * 3 + [("missing", NAMES[2])]
    with pytest.raises(DataError, match=f"1 fault; nothing was written:\n  {NAMES[-1]}: no given mask"):
        prepare(images, masks, tmp_path / "other", given=novice, split=SplitOptions(test_cases=(NAMES[0],), seed=1))


def test_grey(tmp_path):
    images, masks = write_pictures(tmp_path / "raw", NAMES[:3], colour=False)
    write_pictures(tmp_path / "raw", NAMES[3:])
    with pytest.raises(DataError, match="p0_s0: 1 channels where most cases have 3; --grey reads"):
        prepare(images, masks, tmp_path / "out")
    dataset = prepare(images, masks, tmp_path / "out", grey=True)
    assert dataset.channels == ["image"]
    expected = np.asarray(Image.open(images / f"{NAMES[5]}.png").convert("L")).astype(int)
    stored = read_volume(dataset.image_paths(NAMES[5])[0]).array[0]
    assert stored.dtype == np.uint8
    assert np.abs(stored - expected).max() <= 1


def break_cases(images, masks):
    """Damage all but the last of the cases n0 ... n9; case -> part of the message."""
    (masks / "n0.nii.gz").unlink()
    (images / "n1.nii.gz").unlink()
    path = images / "n2.nii.gz"
    path.write_bytes(path.read_bytes()[:-40])
    labels = volume_pair(3)[1]
    write_volume(Volume(labels.array, (3.0, 0.5, 0.7), labels.origin, labels.direction), masks / "n3.nii.gz")
    write_volume(Volume(labels.array[:, 1:]), masks / "n4.nii.gz")
    write_volume(volume_pair(5)[1].with_array(np.full(labels.array.shape, np.nan)), images / "n5.nii.gz")
    write_volume(volume_pair(6)[0][0], images / "n6.mha")
    (masks / "n7.nii.gz").write_bytes(b"")
    write_volume(volume_pair(8)[1].with_array(np.full(labels.array.shape, 0.5)), masks / "n8.nii.gz")
    return {
        "n0": "no mask for the image",
        "n1": "no image for the mask",
        "n2": "gzip",
        "n3": "image and mask differ in spacing_mm",
        "n4": "image and mask differ in shape",
        "n5": "NaN or infinite",
        "n6": "2 files for one place",
        "n7": "0 bytes",
        "n8": "labels are whole numbers",
    }


def test_all_faults_in_one_message_and_nothing_written(tmp_path):
    images, masks = write_volumes(tmp_path / "raw", [f"n{number}" for number in range(10)])
    expected = break_cases(images, masks)
    with pytest.raises(DataError, match="9 faults; nothing was written") as caught:
        prepare(images, masks, tmp_path / "out")
    lines = str(caught.value).splitlines()[1:]
    assert len(lines) == len(expected)
    for case, part in expected.items():
        assert any(line.strip().startswith(f"{case}: ") and part in line for line in lines), case
    assert [path.name for path in tmp_path.iterdir()] == ["raw"]


def test_faults_of_use(tmp_path):
    images, masks = write_pictures(tmp_path / "raw", NAMES)
    for options, message in (
        ({"split": SplitOptions(meta_cases=("zz",))}, "no case zz"),
        ({"spacing_unit": "inch"}, "--spacing-unit inch"),
        ({"exclude": ["zz"]}, "--exclude: no case zz"),
        ({"channels": ["A"]}, "the images have 3 channels"),
        ({"group_regex": "(.)", "groups_file": tmp_path}, "either --groups or --group-regex"),
    ):
        with pytest.raises(ConfigError, match=message):
            prepare(images, masks, tmp_path / "out", **options)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(ConfigError, match="already there and not empty"):
        prepare(images, masks, tmp_path / "full")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full", "raw"]


def test_label_values_of_a_case_that_are_not_named(tmp_path):
    images, masks = write_pictures(tmp_path / "raw", NAMES, value=7)
    with pytest.raises(DataError, match="holds 7; named are background 0, lesion 255"):
        prepare(images, masks, tmp_path / "out", label_values=parse_label_values("background=0,lesion=255"))


def test_numbered_pictures_are_cases_not_channels(tmp_path):
    names = [f"img_{number:04d}" for number in range(8)]
    images, masks = write_pictures(tmp_path / "raw", names)
    cases, faults = find_pairs([str(images)], str(masks))
    assert sorted(cases) == names
    assert faults == []


def test_channels_with_a_gap(tmp_path):
    images, masks = write_volumes(tmp_path / "raw", NAMES, channels=3)
    (images / f"{NAMES[0]}_0001.nii.gz").unlink()
    (images / f"{NAMES[1]}_0000.nii.gz").unlink()
    cases, faults = find_pairs([str(images)], str(masks))
    assert sorted(cases) == NAMES[2:]
    assert [fault.split(";")[0] for fault in faults] == [
        f"{NAMES[0]}: channels _0000, _0002 found",
        f"{NAMES[1]}: channels _0001, _0002 found",
    ]


def test_patterns_and_several_sources(tmp_path):
    for number in range(4):
        images, labels = volume_pair(number, channels=2)
        for name, volume in (("t2", images[0]), ("adc", images[1]), ("seg_expert", labels)):
            write_volume(volume, tmp_path / f"patient{number}" / f"{name}.nii.gz")
    cases, faults = find_pairs(
        [f"{tmp_path}/*/t2.nii.gz", f"{tmp_path}/*/adc.nii.gz"], f"{tmp_path}/*/seg_expert.nii.gz"
    )
    assert faults == []
    assert [path.name for path in cases["patient1"].images] == ["t2.nii.gz", "adc.nii.gz"]
    (tmp_path / "patient2" / "adc.nii.gz").unlink()
    _, faults = find_pairs([f"{tmp_path}/*/t2.nii.gz", f"{tmp_path}/*/adc.nii.gz"], f"{tmp_path}/*/seg_expert.nii.gz")
    assert faults == [f"patient2: no image in {tmp_path}/*/adc.nii.gz"]
    with pytest.raises(ConfigError, match="a pattern ends in one of"):
        find_pairs([f"{tmp_path}/*/t2*"], f"{tmp_path}/*/seg_expert.nii.gz")
    with pytest.raises(DataError, match="no file fits the pattern"):
        find_pairs([f"{tmp_path}/*/flair.nii.gz"], f"{tmp_path}/*/seg_expert.nii.gz")
    with pytest.raises(DataError, match="folders are not searched"):
        find_pairs([str(tmp_path)], f"{tmp_path}/*/seg_expert.nii.gz")


def test_patterns_take_either_case(tmp_path):
    images, masks = write_pictures(tmp_path / "raw[1]", ["B1", "B2"])
    (masks / "B1.png").rename(masks / "seg_B1.png")
    (masks / "B2.png").rename(masks / "Seg_B2.PNG")
    cases, faults = find_pairs([str(images)], f"{masks}/seg_*.png")
    assert faults == []
    assert [case.label.name for case in cases.values()] == ["seg_B1.png", "Seg_B2.PNG"]


def test_images_and_masks_in_one_folder(tmp_path):
    for number in range(3):
        images, labels = volume_pair(number)
        write_volume(images[0], tmp_path / f"Case{number}.nii.gz")
        write_volume(labels, tmp_path / f"Case{number}_segmentation.nii.gz")
    (tmp_path / "notes.txt").write_text("text")
    lines = []
    cases, faults = find_pairs([str(tmp_path)], str(tmp_path), say=lines.append)
    assert sorted(cases) == ["Case0", "Case1", "Case2"]
    assert cases["Case1"].label.name == "Case1_segmentation.nii.gz"
    assert faults == []
    assert any("notes.txt" in line for line in lines)


def test_picture_and_volume_do_not_pair(tmp_path):
    images, masks = write_pictures(tmp_path / "raw", NAMES)
    write_volume(Volume(read_label_map(masks / f"{NAMES[0]}.png").array), masks / f"{NAMES[0]}.nii.gz")
    (masks / f"{NAMES[0]}.png").unlink()
    with pytest.raises(DataError, match="one of image and mask is a picture and the other a volume"):
        prepare(images, masks, tmp_path / "out")


def test_out_opens_as_a_dataset(tmp_path):
    images, masks = write_pictures(tmp_path / "raw", NAMES)
    prepare(images, masks, tmp_path / "out", name="mine")
    assert Dataset.open(tmp_path / "out").info["name"] == "mine"


@pytest.mark.parametrize("unit", ["micron", "meter"])
def test_volumes_keep_their_unit(tmp_path, unit):
    images, masks = write_volumes(tmp_path / "raw", NAMES)
    rewrite_in(unit, *images.iterdir(), *masks.iterdir())
    dataset = prepare(images, masks, tmp_path / "out")
    for case in NAMES:
        for path in (dataset.image_path(case), dataset.label_path(case)):
            assert_same_header(path, images / f"{case}.nii.gz")
    assert findings(dataset) == []


def soften(masks, suffix=".png"):
    """Each mask smaller and larger again, with greys along its borders, or a jpg; case -> the cut one."""
    cut = {}
    for path in sorted(masks.glob("*.png")):
        with Image.open(path) as image:
            shape = image.size
            soft = image.resize((shape[0] // 2, shape[1] // 2), Image.Resampling.BILINEAR)
        path.unlink()
        soft.resize(shape, Image.Resampling.BILINEAR).save(path.with_suffix(suffix), quality=60)
        with Image.open(path.with_suffix(suffix)) as image:
            cut[path.stem] = np.asarray(image)[None] > 127.5
    return cut


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
@pytest.mark.parametrize("named", [None, "background=0,lesion=255"])
def test_soft_edged_masks_are_one_class(tmp_path, suffix, named):
    images, masks = write_pictures(tmp_path / "raw", NAMES)
    cut = soften(masks, suffix)
    lines = []
    dataset = prepare(
        images,
        masks,
        tmp_path / "out",
        label_values=None if named is None else parse_label_values(named),
        say=lines.append,
    )
    assert list(dataset.classes) == ["foreground" if named is None else "lesion"]
    assert dataset.values == [0, 255]
    for case in NAMES:
        np.testing.assert_array_equal(read_volume(dataset.label_path(case)).array, cut[case])
    assert any(f"warning: {len(NAMES)} of {len(NAMES)} masks have soft edges" in line for line in lines)
    assert dataset.info["source"].get("threshold") == (127.5 if suffix == ".png" else None)


def test_values_of_the_users_masks_are_recorded(tmp_path):
    images, masks = write_volumes(tmp_path / "raw", NAMES)
    plain = prepare(images, masks, tmp_path / "plain")
    swapped = prepare(images, masks, tmp_path / "out", label_values=parse_label_values("background=0,core=2,rim=1"))
    assert (plain.values, swapped.values, swapped.classes) == ([0, 1, 2], [0, 2, 1], {"core": 1, "rim": 2})
    for case in NAMES:
        one, other = (read_volume(dataset.label_path(case)).array for dataset in (plain, swapped))
        np.testing.assert_array_equal(np.array([0, 2, 1])[other], one)
    assert findings(swapped) == []


def test_a_mask_in_which_0_is_white_is_told_of_with_its_share(tmp_path):
    images, masks = write_pictures(tmp_path / "raw", [f"a{number}" for number in range(6)], suffix=".bmp", colour=False)
    for path in list(masks.iterdir()):
        mask = np.array(Image.open(path))
        tifffile.imwrite(path.with_suffix(".tif"), mask, photometric="miniswhite")
        path.unlink()
    lines = []
    dataset = prepare(images, masks, tmp_path / "out", say=lines.append)
    read = [read_volume(path).array for path in sorted((dataset.root / "labelsTr").iterdir())]
    share = np.mean([mask.mean() for mask in read])
    assert 0 < share < 0.5
    assert f"label 1 foreground: value 255, in 6 of 6 masks, {100 * share:.3g} % of their pixels" in lines
    assert any(line.startswith("warning: a0, a1, a2 and 3 more: in its TIFF 0 is white") for line in lines)


def test_a_tif_and_a_png_of_one_size_are_on_one_grid(tmp_path):
    images, masks = write_pictures(tmp_path / "raw", [f"a{number}" for number in range(6)], colour=False)
    for path in list(images.iterdir()):
        options = {"resolution": (200, 200), "resolutionunit": "CENTIMETER"}
        tifffile.imwrite(path.with_suffix(".tif"), np.array(Image.open(path)), **options)
        path.unlink()
    dataset = prepare(images, masks, tmp_path / "out")
    assert dataset.spacing_unit == "mm"
    assert read_volume(dataset.image_path("a0")).spacing_mm == pytest.approx((1, 0.05, 0.05))


def test_second_masks_are_united(tmp_path):
    """As BUSI is published: image, mask and further masks in one folder."""
    images, masks = write_pictures(tmp_path / "raw", [f"b ({number})" for number in range(6)], ending="_mask")
    for path in masks.iterdir():
        path.rename(images / path.name)
    second = np.zeros((40, 56), np.uint8)
    second[:3, :3] = 255
    Image.fromarray(second).save(images / "b (3)_mask_1.png")
    lines = []
    dataset = prepare(images, images, tmp_path / "out", merge_masks=True, say=lines.append)
    mask = read_volume(dataset.label_path("b (3)")).array[0]
    first = np.array(Image.open(images / "b (3)_mask.png"))
    np.testing.assert_array_equal(mask > 0, (first > 0) | (second > 0))
    assert "warning: b (3): 2 masks of one image are united" in lines
    with pytest.raises(DataError, match=r"b \(3\): several masks, .*--merge-masks unites them"):
        prepare(images, images, tmp_path / "other")


@pytest.mark.parametrize("pattern", [False, True])
def test_dicom_series_with_masks_as_nifti(tmp_path, pattern):
    """A folder a case, and nothing of the patient's tags in what is written."""
    for number in range(6):
        volume = ct_volume(seed=number)
        write_series(tmp_path / "ct" / f"case{number}" / ("t2" if pattern else ""), volume)
        mask = np.zeros(volume.array.shape, np.uint8)
        mask[1:4, 3:8, 4 : 9 + number] = 1
        write_volume(volume.with_array(mask), tmp_path / "masks" / f"case{number}.nii.gz")
    images = f"{tmp_path}/ct/*/t2" if pattern else tmp_path / "ct"
    dataset = prepare(images, tmp_path / "masks", tmp_path / "out")
    assert sorted(dataset.cases) == [f"case{number}" for number in range(6)]
    np.testing.assert_array_equal(read_volume(dataset.image_path("case1")).array, ct_volume(seed=1).array)
    assert not [path for path in (tmp_path / "out").rglob("*.json") if "Doe" in path.read_text()]
    assert findings(dataset) == []
    cases, faults = find_pairs([str(images)], str(tmp_path / "masks"))
    assert check_folder(cases, faults) == []
    (tmp_path / "ct" / "case1" / ("t2" if pattern else "") / "IM0003.dcm").unlink()
    with pytest.raises(DataError, match=r"case1.*slices are missing"):
        prepare(images, tmp_path / "masks", tmp_path / "other")

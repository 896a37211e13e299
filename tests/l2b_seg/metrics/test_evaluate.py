"""`l2b-seg evaluate` on tiny volumes: matching, formats, faults and exit codes."""

import csv
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from l2b_cli.seg.evaluate import evaluate as evaluate_command
from l2b_data.cases.dataset import write_dataset_files
from l2b_data.errors import ConfigError, DataError
from l2b_data.images.image_files import write_mask_image
from l2b_data.images.volume import Volume, write_volume
from l2b_seg.metrics.case_metrics import case_metrics
from l2b_seg.metrics.evaluate import evaluate
from l2b_seg.metrics.mask_pairs import mask_pairs
from l2b_seg.metrics.summary import Summary
from tests.command import call_command

SHAPE = (4, 10, 12)
SPACING = (3.0, 0.5, 0.5)


def box(shift=0, value=1):
    array = np.zeros(SHAPE, np.uint8)
    array[1:3, 2:7, 3 + shift : 8 + shift] = value
    return array


def write(path, array, **changes):
    write_volume(replace(Volume(array, spacing_mm=SPACING), **changes), path)


@pytest.fixture
def folders(tmp_path):
    pred, ref = tmp_path / "pred", tmp_path / "ref"
    for case, shift in (("Case00", 0), ("Case01", 1), ("Case02", 2)):
        write(pred / f"{case}.nii.gz", box(shift))
        write(ref / f"{case}.mha", box())
    return pred, ref


def run(*arguments):
    """Exit code, stdout and message of the command, by the shell's rule: an L2BError is its exit code."""
    return call_command(evaluate_command, *arguments)


def test_folders_across_formats(folders, tmp_path):
    code, table, _ = run(*folders, "--out", tmp_path / "out")
    assert code == 0
    assert "Case02" in table
    assert "every value but 0" in table
    summary = Summary.read(tmp_path / "out" / "summary.json")
    assert [row.case for row in summary.metric_per_case] == ["Case00", "Case01", "Case02"]
    assert [row.hd for row in summary.metric_per_case] == [0, 0.5, 1.0]
    assert summary.mean["hd"] == pytest.approx(0.5)
    assert summary.metric_per_case[0].spacing == list(SPACING)
    assert summary.metric_per_case[0].reference_file.endswith("Case00.mha")
    rows = list(csv.DictReader((tmp_path / "out" / "cases.csv").open()))
    assert [float(row["dice"]) for row in rows] == pytest.approx([1, 0.8, 0.6])


def test_json_on_stdout_and_nothing_else(folders):
    code, text, _ = run(*folders, "--json", "--spacing-unit", "voxel", "--tolerance", "1")
    assert code == 0
    summary = Summary.from_json(json.loads(text, parse_constant=lambda name: pytest.fail(name)))
    assert [row.hd for row in summary.metric_per_case] == [0, 1, 2]
    assert (summary.unit, summary.tolerance) == ("voxel", 1)
    assert summary.mean["nsd"] < 1


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".mha", ".nrrd", ".mhd"])
def test_two_files_of_every_format(tmp_path, suffix):
    path = tmp_path / f"mine{suffix}"
    if suffix == ".mhd":
        image = sitk.GetImageFromArray(box(1))
        image.SetSpacing(SPACING[::-1])
        sitk.WriteImage(image, str(path))
    else:
        write(path, box(1))
    write(tmp_path / "Case09.nii.gz", box())
    summary = evaluate(path, tmp_path / "Case09.nii.gz")
    assert [(row.case, row.hd) for row in summary.metric_per_case] == [("Case09", 0.5)]


def test_promise12_layout_takes_the_segmentation_not_the_image(tmp_path):
    write(tmp_path / "ref" / "Case00.nrrd", np.full(SHAPE, 7, np.uint8))
    write(tmp_path / "ref" / "Case00_segmentation.nrrd", box())
    write(tmp_path / "pred" / "Case00.nii.gz", box())
    assert evaluate(tmp_path / "pred", tmp_path / "ref").mean["dice"] == 1


@pytest.mark.parametrize("ending", ["_mask", "_label", "_seg"])
def test_masks_with_an_ending_are_found_as_prepare_finds_them(tmp_path, ending):
    mask = np.zeros((2, 6, 6), np.uint8)
    mask[:, 2:4] = 1
    write_volume(Volume(mask), tmp_path / "pred" / "a.nii.gz")
    write_volume(Volume(mask), tmp_path / "ref" / f"a{ending}.nii.gz")
    write_volume(Volume(mask * 0.5), tmp_path / "ref" / "a.nii.gz")  # its image
    assert list(mask_pairs(tmp_path / "pred", tmp_path / "ref").pairs) == ["a"]
    code, text, _ = call_command(evaluate_command, tmp_path / "pred", tmp_path / "ref", "--json")
    assert code == 0
    assert json.loads(text)["mean"]["dice"] == 1


def test_labels_are_merged_in_both_masks(tmp_path):
    zones = box()
    zones[2][zones[2] > 0] = 2
    zones[0, 0, 0] = 3
    write(tmp_path / "pred.nii.gz", box())
    write(tmp_path / "ref.nii.gz", zones)
    paths = tmp_path / "pred.nii.gz", tmp_path / "ref.nii.gz"
    assert evaluate(*paths, labels=[1, 2]).mean["dice"] == 1
    assert evaluate(*paths, labels=[1]).mean["dice"] == pytest.approx(2 / 3)
    assert evaluate(*paths).mean["dice"] < 1
    assert "labels 1, 2" in run(*paths, "--labels", "1,2")[1]
    code, _, message = run(*paths, "--labels", "1,9")
    assert code == 0
    code, _, message = run(*paths, "--labels", "8,9")
    assert code == 3
    assert "labels 8, 9" in message
    assert run(*paths, "--labels", "gland")[0] == 2


def test_missing_prediction_is_listed_after_the_rest_is_written(folders, tmp_path):
    pred, ref = folders
    (pred / "Case01.nii.gz").unlink()
    code, table, message = run(pred, ref, "--out", tmp_path / "out")
    assert code == 4
    assert "1 of 3 cases" in message
    assert "Case01: no prediction" in message
    assert "Case02" in table
    summary = Summary.read(tmp_path / "out" / "summary.json")
    assert summary.missing_predictions == ["Case01"]
    assert summary.n_cases == 2
    assert (tmp_path / "out" / "cases.csv").exists()


def test_truncated_prediction_among_others(folders, tmp_path):
    pred, ref = folders
    broken = pred / "Case01.nii.gz"
    broken.write_bytes(broken.read_bytes()[:-20])
    code, _, message = run(pred, ref, "--out", tmp_path / "out")
    assert code == 4
    assert "Case01" in message
    assert str(broken) in message
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["n_cases"] == 2
    code, _, message = run(broken, ref / "Case01.mha")
    assert code == 3
    assert str(broken) in message


def test_prediction_without_reference_is_a_warning(folders):
    pred, ref = folders
    write(pred / "Case77.nii.gz", box())
    code, _, warning = run(pred, ref)
    assert code == 0
    assert "Case77" in warning


def test_every_geometry_mismatch_is_named_and_nothing_written(folders, tmp_path):
    pred, ref = folders
    flipped = (-1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
    write(pred / "Case00.nii.gz", box()[:, :, :-1])
    write(pred / "Case01.nii.gz", box(), spacing_mm=(3.0, 0.5, 0.6))
    write(pred / "Case02.nii.gz", box(), direction=flipped, origin=(4.5, 0.0, 0.0))
    code, table, message = run(pred, ref, "--out", tmp_path / "out")
    assert code == 3
    assert table == ""
    assert not (tmp_path / "out").exists()
    for part in ("Case00: shape 4x10x11 against 4x10x12", "Case01: spacing_mm", "Case02: origin"):
        assert part in message


def test_float_noise_in_the_affine_is_no_mismatch(tmp_path):
    angle = 0.3
    turned = (np.cos(angle), -np.sin(angle), 0.0, np.sin(angle), np.cos(angle), 0.0, 0.0, 0.0, 1.0)
    write(tmp_path / "a.nii.gz", box(), direction=turned, origin=(-101.234567, 88.7654321, 12.1))
    write(tmp_path / "b.mha", box(), direction=turned, origin=(-101.234567, 88.7654321, 12.1))
    assert evaluate(tmp_path / "a.nii.gz", tmp_path / "b.mha").mean["dice"] == 1


@pytest.mark.parametrize(("pred", "ref", "status"), [(0, 1, "missed"), (1, 0, "false_alarm"), (0, 0, "both_empty")])
def test_empty_masks_reach_the_output_as_null(tmp_path, pred, ref, status):
    write(tmp_path / "pred.nii.gz", box(value=pred))
    write(tmp_path / "ref.nii.gz", box(value=ref))
    code, text, _ = run(tmp_path / "pred.nii.gz", tmp_path / "ref.nii.gz", "--json")
    (row,) = Summary.from_json(json.loads(text, parse_constant=lambda name: pytest.fail(name))).metric_per_case
    assert code == 0
    assert (row.status, row.hd, row.dice) == (status, None, float(status == "both_empty"))


def test_probability_map_is_no_mask(tmp_path):
    write(tmp_path / "pred.nii.gz", np.full(SHAPE, 0.37, np.float32))
    write(tmp_path / "ref.nii.gz", box())
    with pytest.raises(DataError, match=r"pred\.nii\.gz: holds 0\.37; labels are whole"):
        evaluate(tmp_path / "pred.nii.gz", tmp_path / "ref.nii.gz")


def test_unknown_spacing(tmp_path):
    for name in ("pred.nii.gz", "ref.nii.gz"):
        write(tmp_path / name, box(), spacing_mm=(1.0, 1.0, 1.0), spacing_known=False)
    paths = tmp_path / "pred.nii.gz", tmp_path / "ref.nii.gz"
    with pytest.raises(DataError, match="--spacing-unit voxel"):
        evaluate(*paths)
    assert evaluate(*paths, spacing_unit="voxel").mean["hd"] == 0
    for name in ("pred.nii.gz", "ref.nii.gz"):
        write(tmp_path / name, box(), spacing_mm=(1.0, 1.0, 1.0))
    assert "1 x 1 x 1 mm" in evaluate(*paths).warnings[0]
    assert evaluate(*paths, spacing_unit="voxel").warnings == []


def test_wrong_arguments(folders, tmp_path):
    pred, ref = folders
    with pytest.raises(ConfigError, match=r"'inch'.*tolerance -1.*two files or two folders"):
        evaluate(pred, ref / "Case00.mha", spacing_unit="inch", tolerance_mm=-1)
    with pytest.raises(DataError, match=r"nowhere.*elsewhere"):
        evaluate(tmp_path / "nowhere", tmp_path / "elsewhere")
    assert run(pred, ref, "--spacing-unit", "inch")[0] == 2
    assert run(pred, ref, "--tolerance", "nan")[0] == 2
    assert run(pred)[0] == 2
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"empty: no image file"):
        evaluate(pred, tmp_path / "empty")


def test_nothing_matches_and_two_files_for_a_case(folders, tmp_path):
    pred, ref = folders
    write(tmp_path / "other" / "Patient1.nii.gz", box())
    with pytest.raises(DataError, match=r"Patient1.*Case00, Case01"):
        evaluate(tmp_path / "other", ref)
    write(pred / "Case01.mha", box())
    with pytest.raises(DataError, match=r"Case01\.mha, Case01\.nii\.gz"):
        evaluate(pred, ref)


def test_results_do_not_replace_a_runs_summary(folders, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.yaml").write_text("method: l2b\n")
    (tmp_path / "run" / "summary.json").write_text("{}")
    code, _, message = run(*folders, "--out", tmp_path / "run")
    assert code == 2
    assert "folder of a run" in message
    assert (tmp_path / "run" / "summary.json").read_text() == "{}"
    code, table, message = run(*folders, "--out", tmp_path / "run" / "summary.json")
    assert (code, table) == (2, "")
    assert "is a file" in message


def test_prepared_data_set_is_its_test_cases(folders, tmp_path):
    pred, _ = folders
    data = tmp_path / "data"
    for case in ("Case00", "Case01", "Case02", "Case03"):
        write(data / "labelsTr" / f"{case}.nii.gz", box())
    splits = {"train": ["Case00"], "meta": [], "test": ["Case02", "Case01"]}
    common = {"name": "toy", "channels": ["MR"], "labels": {"background": 0, "gland": 1}, "how": {}, "source": {}}
    write_dataset_files(data, splits=splits, spacing_unit="mm", **common)
    summary = evaluate(pred, data)
    assert [row.case for row in summary.metric_per_case] == ["Case02", "Case01"]
    assert (summary.missing_predictions, summary.without_reference) == ([], ["Case00"])
    write_dataset_files(data, splits={**splits, "test": []}, spacing_unit="mm", **common)
    with pytest.raises(DataError, match=r"without test cases.*labelsTr"):
        evaluate(pred, data)


def classes_of(path, *boxes):
    """A label map with the boxes of `box` at these shifts, of value 1, 2, ..., the later one on top."""
    array = np.zeros(SHAPE, np.uint8)
    for value, shift in enumerate(boxes, start=1):
        array = np.where(box(shift) > 0, np.uint8(value), array)
    write(path, array)


def test_values_of_the_references_are_classes(tmp_path):
    for case, shift in (("a", 2), ("b", 3)):
        classes_of(tmp_path / "pred" / f"{case}.nii.gz", -2, shift)
        classes_of(tmp_path / "ref" / f"{case}.mha", -2, 2)
    code, table, _ = run(tmp_path / "pred", tmp_path / "ref", "--out", tmp_path / "out")
    assert code == 0
    assert "foreground: classes 1, 2" in table
    summary = Summary.read(tmp_path / "out" / "summary.json")
    assert list(summary.classes) == ["1", "2"]
    assert summary.classes["2"].mean["dice"] == pytest.approx((1 + 0.8) / 2)
    assert summary.metric_per_case[1].classes["2"].hd == 0.5
    rows = list(csv.DictReader((tmp_path / "out" / "cases.csv").open()))
    assert [(row["case"], row["class"]) for row in rows] == [("a", "1"), ("a", "2"), ("b", "1"), ("b", "2")]


def test_named_classes_and_merged_labels(tmp_path):
    classes_of(tmp_path / "pred.nii.gz", -2, 2, 4)
    classes_of(tmp_path / "ref.nii.gz", -2, 2)
    paths = tmp_path / "pred.nii.gz", tmp_path / "ref.nii.gz"
    code, table, warning = run(*paths, "--classes", "zone=1, [b]lesion=2")
    assert code == 0
    assert "zone = 1" in table
    assert "[b]lesion" in table
    assert "value 3 in the predictions of 1 cases is no class" in warning
    assert evaluate(*paths, labels="all").classes is None
    assert evaluate(*paths, labels=[1, 2]).metric_per_case == evaluate(*paths, labels=[2, 1]).metric_per_case
    alone = evaluate(*paths, classes={"lesion": 2})
    assert alone.foreground == "label 2"
    assert alone.mean["dice"] == evaluate(*paths, classes={"zone": 1, "lesion": 2}).classes["lesion"].mean["dice"]
    assert evaluate(*paths, classes={"zone": 1, "tumour": 9}).warnings == [
        "classes in no reference: tumour",
        "value 2 in the predictions of 1 cases is no class and counts as background",
        "value 3 in the predictions of 1 cases is no class and counts as background",
    ]
    code, _, message = run(*paths, "--classes", "tumour=8,other=9")
    assert code == 3
    assert "tumour = 8" in message
    for wrong in ("zone", "zone=1,zone=2", "=1", "zone=x", "zone=0,lesion=2", "zone=1,lesion=1"):
        assert run(*paths, "--classes", wrong)[0] == 2, wrong
    assert run(*paths, "--classes", "zone=1", "--labels", "1")[0] == 2


def test_instance_numbers_are_no_classes(tmp_path):
    write(tmp_path / "pred.nii.gz", box())
    write(tmp_path / "ref.nii.gz", np.arange(np.prod(SHAPE)).reshape(SHAPE).astype(np.uint16))
    paths = tmp_path / "pred.nii.gz", tmp_path / "ref.nii.gz"
    with pytest.raises(DataError, match=r"479 different values.*--labels all"):
        evaluate(*paths)
    assert evaluate(*paths, labels="all").mean["dice"] < 1


def test_prepared_data_set_names_the_classes(tmp_path):
    data = tmp_path / "data"
    classes_of(data / "labelsTr" / "a.nii.gz", -2, 2)
    classes_of(tmp_path / "pred" / "a.nii.gz", -2, 3)
    labels = {"background": 0, "gland": 1, "lesion": 2, "cyst": 3}
    splits = {"train": [], "meta": [], "test": ["a"]}
    common = {"name": "toy", "channels": ["MR"], "how": {}, "source": {}, "splits": splits}
    write_dataset_files(data, labels=labels, spacing_unit="voxel", **common)
    summary = evaluate(tmp_path / "pred", data)
    assert {name: one.value for name, one in summary.classes.items()} == {"gland": 1, "lesion": 2, "cyst": 3}
    assert (summary.unit, summary.classes["lesion"].mean["hd"]) == ("voxel", 1)
    assert summary.warnings == ["classes in no reference: cyst"]
    assert summary.classes["cyst"].n_both_empty == 1
    assert evaluate(tmp_path / "pred", data, spacing_unit="mm").classes["lesion"].mean["hd"] == 0.5


def test_pictures_are_measured_in_pixels(tmp_path):
    disc = np.zeros((1, 20, 30), np.uint8)
    disc[0, 5:12, 6:20] = 255
    write_mask_image(disc, tmp_path / "ref" / "a_segmentation.png")
    (tmp_path / "ref" / "a.jpg").write_bytes(b"the image, not read")
    write_mask_image(np.roll(disc, 2, axis=2) // 255, tmp_path / "pred" / "a.tif")
    summary = evaluate(tmp_path / "pred", tmp_path / "ref")
    row = summary.metric_per_case[0]
    assert (summary.unit, row.hd, row.spacing) == ("voxel", 2, [1, 1, 1])
    assert row.dice == pytest.approx(12 / 14)
    assert row.assd == pytest.approx(case_metrics(*[np.roll(disc[0], by, axis=1) > 0 for by in (2, 0)], (1, 1)).assd)
    code, _, message = run(tmp_path / "pred", tmp_path / "ref", "--spacing-unit", "mm")
    assert code == 3
    assert "no spacing" in message
    write_mask_image(disc[:, :-1], tmp_path / "pred" / "a.tif")
    assert "1x19x30 against 1x20x30" in run(tmp_path / "pred", tmp_path / "ref")[2]


@pytest.mark.real
def test_two_readers_of_one_prostate():
    data = os.environ.get("L2B_TEST_DATA")
    folder = Path(data or "") / "prostate158" / "001"
    if not data or not folder.is_dir():
        pytest.skip("L2B_TEST_DATA does not name a folder with prostate158/001")
    summary = evaluate(folder / "t2_anatomy_reader2.nii.gz", folder / "t2_anatomy_reader1.nii.gz", labels=[1, 2])
    assert summary.mean["dice"] == pytest.approx(0.886, abs=5e-4)
    assert summary.metric_per_case[0].spacing[0] == pytest.approx(3.15, abs=0.01)
    zones = evaluate(folder / "t2_anatomy_reader2.nii.gz", folder / "t2_anatomy_reader1.nii.gz")
    dice = {name: one.mean["dice"] for name, one in zones.classes.items()}
    assert dice == pytest.approx({"1": 0.846485, "2": 0.778402}, abs=1e-6), "as SimpleITK's LabelOverlapMeasures"

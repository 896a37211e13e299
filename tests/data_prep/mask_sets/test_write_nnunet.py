"""`l2b-seg export --nnunet`: nnU-Net's raw layout with given or reviewed masks, and the way back."""

import json

import numpy as np
import pytest

from data_prep.mask_sets.nnunet import prepare_nnunet
from data_prep.own_cases.split import SplitOptions
from l2b_cli.seg.export import export as export_command
from l2b_data.cases.dataset import Dataset
from l2b_data.images.volume import read_volume, write_volume
from l2b_data.review.manifest import FORMAT, MANIFEST
from tests.command import call_command
from tests.l2b_seg.tiny import META, NOISY, TEST, TRAIN, make_colour, make_dataset


def export(data, out, *more):
    return call_command(export_command, "--nnunet", out, "--data", data, *more)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def array(path):
    return read_volume(path).array


def test_given_masks_beside_clean_ones(tmp_path):
    dataset = make_dataset(tmp_path / "data")
    out = tmp_path / "raw" / "Dataset007_Tiny"
    code, text, said = export(dataset.root, out, "--labels", NOISY)
    assert code == 0, said
    assert "5 training cases with the masks of labelsTr_noisy_L2_s0, 1 test case" in text
    assert names(out) == ["dataset.json", "imagesTr", "imagesTs", "labelsTr", "labelsTs"]
    assert names(out / "imagesTr") == [f"{case}_0000.nii.gz" for case in (*TRAIN, *META)]
    assert names(out / "labelsTs") == [f"{case}.nii.gz" for case in TEST]
    for case, folder, part in ((TRAIN[0], NOISY, "Tr"), (META[0], "labelsTr", "Tr"), (TEST[0], "labelsTr", "Ts")):
        written = read_volume(out / f"labels{part}" / f"{case}.nii.gz")
        np.testing.assert_array_equal(written.array, array(dataset.root / folder / f"{case}.nii.gz"))
        assert written.same_grid(read_volume(out / f"images{part}" / f"{case}_0000.nii.gz")) == []
    info = json.loads((out / "dataset.json").read_text())
    assert (info["channel_names"], info["labels"]) == ({"0": "T2"}, {"background": 0, "prostate": 1})
    assert (info["numTraining"], info["file_ending"]) == (5, ".nii.gz")
    prepare_nnunet(out, tmp_path / "again", split=SplitOptions(meta_cases=tuple(META)))
    assert sorted(Dataset.open(tmp_path / "again").cases) == [*TRAIN, *META]


def test_reviewed_masks_in_the_users_values_without_what_is_excluded(tmp_path):
    dataset = make_colour(tmp_path / "data")
    info = json.loads((dataset.root / "dataset.json").read_text())
    info["mask_values"] = {"background": 0, "lesion": 20, "core": 10}
    (dataset.root / "dataset.json").write_text(json.dumps(info))
    reviewed = tmp_path / "reviewed"
    for case in dataset.splits["train"][1:]:
        labels = read_volume(dataset.label_path(case))
        write_volume(labels.with_array(np.array([0, 20, 10], np.uint8)[labels.array]), reviewed / f"{case}.nii.gz")
    (reviewed / MANIFEST).write_text(json.dumps({"format": FORMAT, "excluded": ["p0"], "cases": {}}))
    out = tmp_path / "Dataset001_Colour"
    code, text, said = export(dataset.root, out, "--labels", reviewed)
    assert code == 0, said
    assert "excluded by the review: p0" in text
    assert names(out / "labelsTr") == [f"p{number}.nii.gz" for number in range(1, 8)]
    assert names(out / "imagesTr")[:4] == ["p1_0000.nii.gz", "p1_0001.nii.gz", "p1_0002.nii.gz", "p2_0000.nii.gz"]
    np.testing.assert_array_equal(array(out / "labelsTr" / "p1.nii.gz"), array(dataset.label_path("p1")))
    assert json.loads((out / "dataset.json").read_text())["labels"] == {"background": 0, "lesion": 1, "core": 2}


def test_what_cannot_be_exported(tmp_path):
    dataset = make_dataset(tmp_path / "data")
    out = tmp_path / "Dataset001_Tiny"
    (tmp_path / "data" / NOISY / "case1.nii.gz").unlink()
    code, _, said = export(dataset.root, out, "--labels", NOISY)
    assert code == 3
    assert "1 of 6 cases" in said
    assert "case1.nii.gz" in said
    assert not out.exists()
    for arguments, text in (
        (("--nnunet", tmp_path / "Tiny", "--data", dataset.root), "Dataset001_Name"),
        (("--nnunet", out), "name a prepared one with --data"),
        (("--data", dataset.root), "nothing to export"),
        (("--onnx", tmp_path / "a.onnx", "--labels", NOISY), "of which network? name a RUN"),
    ):
        code, _, said = call_command(export_command, *arguments)
        assert code == 2
        assert text in said
    out.mkdir()
    (out / "mine").write_text("")
    code, _, said = export(dataset.root, out)
    assert code == 2
    assert "there already" in said


@pytest.mark.parametrize("name", ["Dataset1_Tiny", "dataset001_Tiny", "Dataset001"])
def test_names_that_nnunet_does_not_find(tmp_path, name):
    make_dataset(tmp_path / "data")
    assert export(tmp_path / "data", tmp_path / name)[0] == 2

"""Masks as they are measured: soft edges cut, those of a prepared set in the values of the user's own."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from l2b_data.cases.dataset import write_dataset_files
from l2b_data.images.image_files import write_mask_image
from l2b_seg.metrics.evaluate import evaluate
from tests.l2b_seg.metrics.test_evaluate import box, write


@pytest.mark.parametrize("side", ["predictions", "references"])
@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_soft_edges_are_cut_at_half_and_said(tmp_path, side, suffix):
    disc = np.hypot(*np.ogrid[-30:30, -35:37]) < 12
    moved = np.roll(disc, 3, axis=1)
    soft, crisp = tmp_path / f"soft{suffix}", tmp_path / "crisp.png"
    small = Image.fromarray(disc.astype(np.uint8) * 255).resize((36, 30), Image.Resampling.BILINEAR)
    small.resize((72, 60), Image.Resampling.BILINEAR).save(soft, quality=90)
    with Image.open(soft) as image:
        cut = np.asarray(image) > 127.5
    write_mask_image(moved[None].astype(np.uint8), crisp)
    summary = evaluate(*((soft, crisp) if side == "predictions" else (crisp, soft)))
    assert summary.mean["dice"] == 2 * (cut & moved).sum() / (cut.sum() + moved.sum())
    assert [line.split(" (")[0] for line in summary.warnings] == [f"1 of 1 {side} have soft edges"]
    assert summary.foreground == "every value but 0"


@pytest.fixture
def swapped(tmp_path):
    """A prepared set with one test case whose labels 1, 2 are 2, 1 in the user's masks; and such a prediction."""
    labels = np.where(box(2), 2, box(-2)).astype(np.uint8)
    write(tmp_path / "data" / "labelsTr" / "a.nii.gz", labels)
    write(tmp_path / "pred" / "a.nii.gz", np.array([0, 2, 1], np.uint8)[labels])
    write_dataset_files(
        tmp_path / "data",
        name="toy",
        channels=["MR"],
        labels={"background": 0, "core": 1, "rim": 2},
        splits={"train": [], "meta": [], "test": ["a"]},
        spacing_unit="mm",
        how={},
        source={},
        values=[0, 2, 1],
    )
    return tmp_path


def test_a_prepared_set_is_read_in_the_users_values(swapped, monkeypatch):
    monkeypatch.chdir(swapped / "data" / "labelsTr")
    for pred, ref in (("pred", "data"), ("pred", "data/labelsTr"), ("pred/a.nii.gz", "data/labelsTr/a.nii.gz")):
        summary = evaluate(swapped / pred, swapped / ref)
        assert (summary.mean["dice"], summary.warnings) == (1, [])
    summary = evaluate(swapped / "pred", swapped / "data")
    assert {name: one.value for name, one in summary.classes.items()} == {"core": 2, "rim": 1}
    assert evaluate(Path("a.nii.gz"), swapped / "pred" / "a.nii.gz").mean["dice"] == 1


def test_masks_of_the_set_against_each_other(swapped):
    shutil.copytree(swapped / "data" / "labelsTr", swapped / "data" / "labelsTr_given")
    assert evaluate(swapped / "data" / "labelsTr_given", swapped / "data").mean["dice"] == 1

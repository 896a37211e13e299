"""Mended copies: the mistake undone on the masks' own grids and values; originals untouched."""

import numpy as np
import pytest

from l2b_data.cases.dataset import Dataset, write_dataset_files
from l2b_data.errors import DataError
from l2b_data.images.volume import Volume, read_volume, write_volume
from l2b_seg.audit.masks import AuditedMasks
from l2b_seg.audit.mistakes.mend import mend
from l2b_seg.audit.write_audit import proposal_path

VALUES = (0, 7)


def clean(shift):
    mask = np.zeros((3, 24, 20), np.uint8)
    mask[:, 4:12, 3 + shift : 9 + shift] = 1
    mask[0, 4:8] = 0
    return mask


@pytest.fixture
def masks(tmp_path):
    root, cases = tmp_path / "data", {"a": clean(0), "b": clean(7), "c": clean(2)}
    given = {"a": cases["b"], "b": cases["a"], "c": cases["c"][:, :, ::-1]}
    for case, mask in cases.items():
        volume = Volume(mask, (3.0, 0.5, 0.5))
        write_volume(volume.with_array(mask.astype(np.int16)), root / "imagesTr" / f"{case}_0000.nii.gz")
        write_volume(volume.with_array(given[case]), root / "labelsTr_given" / f"{case}.nii.gz")
        write_volume(volume.with_array(mask * np.uint8(7)), proposal_path(tmp_path / "audit", case))
    write_dataset_files(
        root,
        name="own values",
        channels=["MR"],
        labels={"background": 0, "organ": 1},
        splits={"train": list(cases), "meta": [], "test": []},
        spacing_unit="mm",
        how={},
        source={},
        values=VALUES,
    )
    folders = dict.fromkeys(cases, "labelsTr_given")
    return AuditedMasks(Dataset.open(root), "labelsTr_given", {}, folders, dict.fromkeys(cases, "train")), cases


def row(case, kind, partner=None):
    return {"case": case, "diagnosis": kind, "partner": partner, "mend": kind is not None}


def test_mended_copies(masks, tmp_path):
    audited, cases = masks
    rows = [row("a", "swapped", "b"), row("b", "swapped", "a"), row("c", "mirrored")]
    before = {path: path.read_bytes() for path in (audited.dataset.root / "labelsTr_given").iterdir()}
    files = mend(audited, rows, tmp_path / "audit", tmp_path / "mended", None)
    assert [path.name for path in files] == ["a.nii.gz", "b.nii.gz", "c.nii.gz"]
    for path in files:
        found = read_volume(path)
        np.testing.assert_array_equal(found.array, cases[path.name[0]] * 7)
        assert found.spacing_mm == pytest.approx((3.0, 0.5, 0.5))
    assert all(path.read_bytes() == content for path, content in before.items())


def test_nothing_to_mend_writes_nothing(masks, tmp_path):
    assert mend(masks[0], [row("a", None)], tmp_path / "audit", tmp_path / "mended", None) == []
    assert not (tmp_path / "mended").exists()


def test_originals_are_never_replaced(masks, tmp_path):
    folder = masks[0].dataset.root / "labelsTr_given"
    with pytest.raises(DataError, match="masks under audit"):
        mend(masks[0], [row("c", "mirrored")], tmp_path / "audit", folder, None)

"""Images and masks not prepared yet: the same faults are found as on preparing, and others besides."""

import shutil

import numpy as np
import pytest
import tifffile
from PIL import Image

from data_prep.own_cases.check_folder import check_folder
from data_prep.own_cases.image_pairs import find_pairs
from data_prep.own_cases.label_values import derive_label_values
from l2b_data.errors import DataError
from tests.data_prep.mask_sets.test_folder import break_cases, soften
from tests.data_prep.own_data import write_pictures, write_volumes

NAMES = [f"n{number}" for number in range(10)]


def findings(images, masks, lines=None):
    cases, faults = find_pairs([str(images)], str(masks))
    return check_folder(cases, faults, say=(lines if lines is not None else []).append)


def test_sound(tmp_path):
    lines = []
    assert findings(*write_volumes(tmp_path / "volumes", NAMES), lines) == []
    assert lines[-1] == "[10/10] n9"
    assert findings(*write_pictures(tmp_path / "pictures", NAMES)) == []


def test_every_broken_case_is_named(tmp_path):
    images, masks = write_volumes(tmp_path / "raw", NAMES)
    expected = break_cases(images, masks)
    found = findings(images, masks)
    for case, message in expected.items():
        assert any(fault.case == case and message in fault.message for fault in found), case
    assert {fault.case for fault in found if not fault.is_warning} == set(expected)


def test_between_cases(tmp_path):
    images, masks = write_pictures(tmp_path / "raw", NAMES[:4])
    shutil.copy(images / "n0.png", images / "n1.png")
    write_pictures(tmp_path / "raw", NAMES[4:5], colour=False, value=1)
    found = [(fault.kind, fault.case) for fault in findings(images, masks)]
    assert found == [("count", "n4"), ("duplicate", "n0"), ("labels", None)]


def test_a_value_that_one_mask_alone_holds_is_warned_of(tmp_path):
    images, masks = write_pictures(tmp_path / "raw", NAMES)
    path = masks / f"{NAMES[2]}.png"
    values = np.array(Image.open(path))
    assert len(NAMES) >= 5
    values[0, 0] = 7
    Image.fromarray(values).save(path)
    found = findings(images, masks)
    assert [(fault.kind, fault.case, fault.path, fault.is_warning) for fault in found] == [
        ("rare_value", NAMES[2], str(path), True)
    ]
    assert "holds the value 7, as no other of" in found[0].message


def test_a_negative_value_is_said_with_its_case():
    with pytest.raises(DataError, match=r"the masks hold the values -1 \(in b\), 0, 1"):
        derive_label_values({"a": np.array([0, 1]), "b": np.array([-1, 0, 1])})


def test_soft_edges_are_warned_of(tmp_path):
    images, masks = write_pictures(tmp_path / "raw", NAMES)
    soften(masks)
    found = findings(images, masks)
    assert [(fault.kind, fault.case, fault.is_warning) for fault in found] == [("soft_mask", None, True)]
    assert found[0].message.startswith("10 of 10 masks have soft edges")


def test_what_of_a_file_had_to_be_interpreted(tmp_path):
    images, masks = write_pictures(tmp_path / "raw", NAMES[:4])
    for name in NAMES[:4]:
        path = masks / f"{name}.png"
        tifffile.imwrite(path.with_suffix(".tif"), np.array(Image.open(path)), photometric="miniswhite")
        path.unlink()
    found = findings(images, masks)
    assert [(fault.kind, fault.case, fault.is_warning) for fault in found] == [("reading", n, True) for n in NAMES[:4]]
    assert "0 is white" in found[0].message

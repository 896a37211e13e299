"""Images and masks not prepared yet: the same faults are found as on preparing, and others besides."""

import shutil

from data_prep.check_folder import check_folder
from data_prep.image_pairs import find_pairs
from tests.data_prep.own_data import write_pictures, write_volumes
from tests.data_prep.test_folder import break_cases

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

"""Audits that a review may not stand on."""

import json
import shutil

import pytest

from l2b_data.errors import DataError
from l2b_seg.audit.apply.read_audit import read_audit


def test_masks_that_are_not_as_they_were(audited):
    shutil.copy(audited.given / "c0.nii.gz", audited.given / "c1.nii.gz")
    (audited.given / "c4.nii.gz").unlink()
    with pytest.raises(DataError) as error:
        read_audit(audited.audit)
    assert str(error.value).splitlines() == [
        f"{audited.audit / 'audit.json'}: masks it is of are not as they were; audit again:",
        f"  no such file: {audited.given / 'c4.nii.gz'}",
        f"  changed since the audit: {audited.given / 'c1.nii.gz'}",
    ]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda found: found.pop("masks"), r"does not say which masks were audited \(KeyError\('masks'\)\)"),
        (lambda found: found.pop("data"), "does not say which masks"),
        (lambda found: found.update(masks=[1]), "does not say which masks"),
        (lambda found: found.update(masks={"c0": "labelsTr"}), "does not say which masks"),
        (lambda found: found.update(cases=[{"score": 1}]), "does not say which masks"),
        (lambda found: found["masks"].update({"../c0": found["masks"]["c0"]}), "'../c0' cannot be names of cases"),
    ],
)
def test_an_audit_that_does_not_say_of_what(audited, damage, message):
    path = audited.audit / "audit.json"
    found = json.loads(path.read_text())
    damage(found)
    path.write_text(json.dumps(found))
    with pytest.raises(DataError, match=message):
        read_audit(audited.audit)


def test_no_audit(tmp_path):
    with pytest.raises(DataError, match=r"audit\.json: no such file; name the folder that `audit` wrote"):
        read_audit(tmp_path)

"""Reviewed masks: what each decision leaves, the manifest beside them, and what is refused."""

import json

import numpy as np
import pytest

from l2b_data.cases.label_map import case_labels
from l2b_data.errors import ConfigError, DataError
from l2b_data.files.hashing import sha256_file
from l2b_data.images.volume import read_volume, write_volume
from l2b_data.review.manifest import MANIFEST
from l2b_seg.audit.apply.apply import apply
from l2b_seg.audit.apply.read_audit import read_audit
from l2b_seg.audit.mistakes.mend import mend
from tests.l2b_seg.audit.apply.conftest import NAMES


def array(path):
    return read_volume(path).array


def test_every_decision_and_the_manifest(audited, decide, tmp_path):
    out = tmp_path / "reviewed"
    decisions = decide("A. Reader", c0="mend", c1="mend", c2="proposal", c3="exclude", c4="keep")
    manifest = apply(audited.audit, decisions, out)
    assert {path.name for path in out.iterdir()} == {f"{case}.nii.gz" for case in NAMES if case != "c3"} | {MANIFEST}
    for case in ("c0", "c1"):  # without their mistakes they are as the user drew them
        np.testing.assert_array_equal(array(out / f"{case}.nii.gz"), array(audited.masks / f"{case}.nii.gz"))
        assert not read_volume(out / f"{case}.nii.gz").same_grid(read_volume(audited.given / f"{case}.nii.gz"))
    proposal = audited.audit / "proposals" / "c2.nii.gz"
    np.testing.assert_array_equal(array(out / "c2.nii.gz"), array(proposal))
    assert (out / "c4.nii.gz").read_bytes() == (audited.given / "c4.nii.gz").read_bytes()
    assert set(np.unique(array(out / "c5.nii.gz")).tolist()) == {0, 3, 6}
    assert json.loads((out / MANIFEST).read_text()) == manifest
    assert (manifest["by"], manifest["excluded"]) == ("A. Reader", ["c3"])
    assert manifest["counts"] == {"keep": 1, "mend": 2, "proposal": 1, "exclude": 1, "undecided": 2}
    rows = manifest["cases"]
    assert [rows[case]["decision"] for case in NAMES] == [
        *("mend", "mend", "proposal", "exclude", "keep", "keep", "keep")
    ]
    assert [case for case in NAMES if not rows[case]["decided"]] == ["c5", "c6"]
    assert (rows["c0"]["diagnosis"], rows["c0"]["said"], rows["c0"]["part"]) == (
        *("mirrored", "mirrored left-right"),
        "train",
    )
    found = {row["case"]: row for row in json.loads((audited.audit / "audit.json").read_text())["cases"]}
    for case, row in rows.items():
        assert (row["score"], row["dice"], row["rank"]) == tuple(found[case][key] for key in ("score", "dice", "rank"))
        mask = None if case == "c3" else sha256_file(out / f"{case}.nii.gz")
        assert row["reviewed_sha256"] == mask
        assert all(sha256 == sha256_file(path) for path, sha256 in row["sources"].items())
    assert rows["c1"]["sources"].keys() == {str(audited.given / f"{case}.nii.gz") for case in ("c1", "c2")}
    assert str(proposal) in rows["c2"]["sources"]
    assert rows["c3"]["sources"].keys() == {str(audited.given / "c3.nii.gz")}


def test_a_folder_of_the_data_set_has_its_labels(audited, decide):
    out = audited.dataset.root / "labelsTr_reviewed"
    apply(audited.audit, decide(c0="mend", c2="proposal"), out)
    values = audited.dataset.values
    for case, path in {
        "c0": audited.masks / "c0.nii.gz",
        "c2": audited.audit / "proposals" / "c2.nii.gz",
        "c4": audited.given / "c4.nii.gz",
    }.items():
        np.testing.assert_array_equal(np.array(values)[array(out / f"{case}.nii.gz")], array(path))
        labels = case_labels(audited.dataset, case, "labelsTr_reviewed").array
        np.testing.assert_array_equal(labels, array(out / f"{case}.nii.gz"))


def test_the_data_set_may_have_moved(audited, decide, tmp_path):
    audited.dataset.root.rename(tmp_path / "moved")
    with pytest.raises(DataError, match=r"its data set .* is not there any more; say where it is with --data"):
        apply(audited.audit, decide(), tmp_path / "out")
    apply(audited.audit, decide(c5="exclude"), tmp_path / "out", data=tmp_path / "moved")
    assert not (tmp_path / "out" / "c5.nii.gz").exists()


def test_a_case_without_a_prediction_is_kept_or_excluded(audited, decide, tmp_path):
    found = json.loads((audited.audit / "audit.json").read_text())
    found["cases"] = [row for row in found["cases"] if row["case"] != "c4"]
    (audited.audit / "audit.json").write_text(json.dumps(found))
    (audited.audit / "proposals" / "c4.nii.gz").unlink()
    apply(audited.audit, decide(), tmp_path / "kept")
    assert (tmp_path / "kept" / "c4.nii.gz").is_file()
    apply(audited.audit, decide(c4="exclude"), tmp_path / "excluded")
    for word in ("mend", "proposal"):
        with pytest.raises(DataError, match=f"c4: {word}: "):
            apply(audited.audit, decide(c4=word), tmp_path / "out")


def test_all_that_cannot_be_done_is_said_and_nothing_written(audited, decide, tmp_path):
    out = tmp_path / "out"
    (audited.audit / "proposals" / "c0.nii.gz").unlink()
    decisions = decide(c0="mend", c2="mend", c3="mend", c4="mend", c9="keep")
    with pytest.raises(DataError) as error:
        apply(audited.audit, decisions, out)
    missing = audited.audit / "proposals" / "c0.nii.gz"
    assert str(error.value).splitlines() == [
        f"{decisions}:",
        "  no case of this audit: c9; take the file its own page saves",
        f"  c0: mend: {missing}: no such file; decide keep or exclude, or audit again",
        "  c3: mend: the audit has no mend for it (coarse); decide keep, proposal or exclude",
        "  c4: mend: the audit has no mend for it (no mistake named); decide keep, proposal or exclude",
    ]
    with pytest.raises(DataError, match="excludes every case of the audit; no mask is left to write"):
        apply(audited.audit, decide(**dict.fromkeys(NAMES, "exclude")), out)
    assert not out.exists()
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "x").write_text("x")
    with pytest.raises(ConfigError, match="already there and not empty"):
        apply(audited.audit, decide(), tmp_path / "used")


def test_a_proposal_on_another_grid_leaves_no_half_written_folder(audited, decide, tmp_path):
    path = audited.audit / "proposals" / "c4.nii.gz"
    volume = read_volume(path)
    write_volume(volume.with_array(volume.array), tmp_path / "whole.nii.gz")
    write_volume(type(volume)(volume.array[:, :-1], volume.spacing_mm), path)
    with pytest.raises(DataError, match=r"c4.nii.gz: not on the grid of .*: shape .* against .*; audit again"):
        apply(audited.audit, decide(c4="proposal"), tmp_path / "out")
    assert [path for path in tmp_path.iterdir() if "out" in path.name] == []


def test_mended_copies_are_what_a_review_would_leave(audited, decide, tmp_path):
    found = read_audit(audited.audit)
    for place in (tmp_path, audited.dataset.root):
        apply(audited.audit, decide(c0="mend", c1="mend", c2="mend"), place / "reviewed")
        files = mend(found.masks, list(found.rows.values()), audited.audit, place / "mended", found.plane)
        assert {path.name for path in files} == {f"c{number}.nii.gz" for number in range(3)}
        for path in files:
            np.testing.assert_array_equal(array(path), array(place / "reviewed" / path.name))

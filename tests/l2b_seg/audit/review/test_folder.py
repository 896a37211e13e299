"""The folder for ITK-SNAP and 3D Slicer: every file on the case's own grid, values and names that say what is what."""

import copy
from dataclasses import replace

import numpy as np
import pytest

from l2b_data.errors import ConfigError
from l2b_data.images.volume import read_volume
from l2b_seg.audit.masks import audited_masks
from l2b_seg.audit.review.folder import export_review, shown_values
from tests.l2b_seg.audit.wrong_masks import DELETED, INVENTED, TRAIN


def exported(audited, out, result=None, **info):
    """The review of the audit of a data set that says `info` of itself."""
    data = replace(audited.data, dataset=replace(audited.data.dataset, info=audited.data.dataset.info | info))
    export_review(audited_masks(data, "train", None), result or audited.result, audited.out, out)
    return out


def test_every_case_on_its_own_grid(audited, tmp_path):
    out = exported(audited, tmp_path / "review")
    dataset = audited.data.dataset
    assert {path.name for path in out.iterdir() if path.is_dir()} == set(TRAIN)
    for case in TRAIN:
        names = {path.name for path in (out / case).iterdir()}
        assert names == {"image.nii.gz", "given.nii.gz", "proposal.nii.gz", "difference.nii.gz"}
        assert (out / case / "image.nii.gz").read_bytes() == dataset.image_path(case).read_bytes()
        given = read_volume(dataset.label_path(case, audited.data.labels))
        for name in names - {"image.nii.gz"}:
            assert read_volume(out / case / name).same_grid(given) == []
        found = [read_volume(out / case / f"{name}.nii.gz").array for name in ("given", "proposal", "difference")]
        np.testing.assert_array_equal(found[0], given.array)
        np.testing.assert_array_equal(found[2], np.where(found[0] == found[1], 0, np.where(found[0] > 0, 2, 1)))
    assert (read_volume(out / DELETED[0] / "difference.nii.gz").array[DELETED[1]] == 1).any()
    assert (read_volume(out / INVENTED[0] / "difference.nii.gz").array[INVENTED[1]] == 2).any()


def test_names_values_and_cases_are_told(audited, tmp_path):
    out = exported(audited, tmp_path / "review")
    assert '1    86  180  233        1  1  1    "gland"' in (out / "labels.txt").read_text()
    assert "1 gland 86 180 233 255" in (out / "labels.ctbl").read_text()
    assert '"other class"' in (out / "difference.txt").read_text()
    assert "3 other_class " in (out / "difference.ctbl").read_text()
    said = (out / "README.txt").read_text()
    assert "Values of the masks: 0 background, 1 gland.\n" in said
    assert "0 the same, 1 missing in the given mask, 2 extra in the given mask, 3 other class in the given mask" in said
    places = [said.index(f"  {row['score']:.3f}  {row['case']}") for row in audited.result["cases"]]
    assert places == sorted(places)


def test_the_mend_lies_beside_where_there_is_one(audited, tmp_path):
    result = copy.deepcopy(audited.result)
    row = result["cases"][0]
    row |= {"diagnosis": "mirrored", "said": "mirrored left-right", "mend": True, "unsure": True}
    out = exported(audited, tmp_path / "review", result)
    given, mend = (read_volume(out / row["case"] / f"{name}.nii.gz").array for name in ("given", "mend"))
    np.testing.assert_array_equal(mend, given[:, :, ::-1])
    assert len(list(out.glob("*/mend.nii.gz"))) == 1
    assert f"{row['case']}  judge unsure  mirrored left-right\n" in (out / "README.txt").read_text()


def test_masks_have_the_users_own_values(audited, tmp_path):
    result = copy.deepcopy(audited.result)
    result["cases"] = result["cases"][:1]
    out = exported(audited, tmp_path / "review", result, mask_values={"background": 0, "gland": 200})
    case = out / result["cases"][0]["case"]
    assert {int(read_volume(case / f"{name}.nii.gz").array.max()) for name in ("given", "proposal")} == {200}
    assert '  200    86  180  233        1  1  1    "gland"' in (out / "labels.txt").read_text()
    assert "200 gland" in (out / "README.txt").read_text()


@pytest.mark.parametrize(("background", "gland"), [(255, 0), (0, 70000), (0, -1)])
def test_values_that_a_viewer_cannot_show_give_way_to_numbers(audited, background, gland):
    info = audited.data.dataset.info | {"mask_values": {"background": background, "gland": gland}}
    assert shown_values(replace(audited.data.dataset, info=info)) == [0, 1]


def test_a_folder_that_holds_something_is_refused_and_left_alone(audited, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ConfigError, match="already there and not empty"):
        exported(audited, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_review_that_cannot_be_finished_is_not_there(audited, tmp_path, monkeypatch):
    def fails(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("l2b_seg.audit.review.folder._readme", fails)
    with pytest.raises(Exception, match="no space left"):
        exported(audited, tmp_path / "review")
    assert list(tmp_path.iterdir()) == []

"""Headers of masks: corrected where only they are wrong, left alone where the voxels may be."""

import numpy as np
import pytest

from l2b_data.cases.check.fix_header import fix_header, fix_headers
from l2b_data.errors import DataError
from l2b_data.images.volume import Volume, read_volume, write_volume
from tests.data_prep.own_data import volume_pair, write_pictures


def write(folder, mask, suffix=".nii.gz"):
    """An image (oblique, known spacing) and `mask` beside it; returns both paths and the image."""
    image = volume_pair(0)[0][0]
    write_volume(image, folder / "image.nii.gz")
    write_volume(mask, folder / f"mask{suffix}")
    return folder / "image.nii.gz", folder / f"mask{suffix}", image


@pytest.mark.parametrize("suffix", [".nii.gz", ".mha", ".nrrd"])
@pytest.mark.parametrize("case", ["default", "spacing", "shifted"])
def test_the_mask_takes_the_geometry(tmp_path, suffix, case):
    right = volume_pair(0)[1]
    wrong = {
        "default": Volume(right.array),
        "spacing": Volume(right.array, (1.0, 1.0, 1.0), right.origin, right.direction),
        "shifted": Volume(right.array, right.spacing_mm, (1.0, 2.0, 3.0), right.direction),
    }[case]
    image_path, mask_path, image = write(tmp_path, wrong, suffix)
    change = fix_header(image_path, mask_path)
    assert change is not None
    assert "of the image in place of" in change
    fixed = read_volume(mask_path)
    assert image.same_grid(fixed, tolerance_mm=1e-6) == []
    np.testing.assert_array_equal(fixed.array, right.array)
    assert fix_header(image_path, mask_path) is None


def test_default_of_nifti_writers(tmp_path):
    right = volume_pair(0)[1]
    lost = Volume(right.array, direction=(-1.0, 0, 0, 0, -1.0, 0, 0, 0, 1.0), spacing_known=False)
    image_path, mask_path, image = write(tmp_path, lost)
    assert fix_header(image_path, mask_path)
    assert image.same_grid(read_volume(mask_path)) == []


def test_what_is_left_alone(tmp_path):
    right = volume_pair(0)[1]
    mirrored = Volume(right.array[:, :, ::-1], right.spacing_mm, (3.0, 3.0, 3.0), (-1, 0, 0, 0, 1, 0, 0, 0, 1))
    smaller = Volume(right.array[:, 1:], right.spacing_mm, right.origin, right.direction)
    for mask, message in ((mirrored, "its axes run RPS, its image's LPS"), (smaller, "differ in shape")):
        image_path, mask_path, _ = write(tmp_path, mask)
        before = mask_path.read_bytes()
        with pytest.raises(DataError, match=f"not corrected: .*{message}"):
            fix_header(image_path, mask_path)
        assert mask_path.read_bytes() == before


def test_a_folder_of_them(tmp_path):
    right = volume_pair(0)[1]
    pairs = {}
    for name, mask in (("sound", right), ("lost", Volume(right.array)), ("cut", Volume(right.array[1:]))):
        image_path, mask_path, _ = write(tmp_path / name, mask)
        pairs[name] = (image_path, mask_path)
    images, masks = write_pictures(tmp_path / "raw", ["picture"])
    pairs["picture"] = (images / "picture.png", masks / "picture.png")
    pairs["absent"] = (tmp_path / "a.nii", tmp_path / "b.nii")
    changed, refused = fix_headers(pairs)
    assert list(changed) == ["lost"]
    assert len(refused) == 1
    assert refused[0].startswith("cut: ")

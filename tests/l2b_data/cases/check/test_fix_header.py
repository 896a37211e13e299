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
@pytest.mark.parametrize("case", ["default", "spacing", "lost spacing", "shifted"])
def test_the_mask_takes_the_geometry(tmp_path, suffix, case):
    right = volume_pair(0)[1]
    wrong = {
        "default": Volume(right.array),
        "spacing": Volume(right.array, (3.1, 0.51, 0.6), right.origin, right.direction),
        "lost spacing": Volume(right.array, (1.0, 1.0, 1.0), right.origin, right.direction),
        "shifted": Volume(right.array, right.spacing_mm, np.add(right.origin, (0.2, 0.2, 1.0)), right.direction),
    }[case]
    image_path, mask_path, image = write(tmp_path / "raw", wrong, suffix)
    before = mask_path.read_bytes()
    change, path = fix_header(image_path, mask_path)
    assert "of the image in place of" in change
    assert path == tmp_path / "raw_fixed" / mask_path.name
    fixed = read_volume(path)
    assert image.same_grid(fixed, tolerance_mm=1e-6) == []
    np.testing.assert_array_equal(fixed.array, right.array)
    assert mask_path.read_bytes() == before
    assert fix_header(image_path, mask_path, in_place=True) == (change, mask_path)
    assert image.same_grid(read_volume(mask_path), tolerance_mm=1e-6) == []
    assert (tmp_path / "raw_backup" / mask_path.name).read_bytes() == before
    assert fix_header(image_path, mask_path) is None
    mask_path.write_bytes(before)
    with pytest.raises(DataError, match=r"its backup .* is there already; move it away"):
        fix_header(image_path, mask_path, in_place=True)


def test_default_of_nifti_writers(tmp_path):
    right = volume_pair(0)[1]
    lost = Volume(right.array, direction=(-1.0, 0, 0, 0, -1.0, 0, 0, 0, 1.0), spacing_known=False)
    image_path, mask_path, image = write(tmp_path, lost)
    _, path = fix_header(image_path, mask_path)
    assert image.same_grid(read_volume(path)) == []


def test_what_is_left_alone(tmp_path):
    right = volume_pair(0)[1]
    mirrored = Volume(right.array[:, :, ::-1], right.spacing_mm, (3.0, 3.0, 3.0), (-1, 0, 0, 0, 1, 0, 0, 0, 1))
    smaller = Volume(right.array[:, 1:], right.spacing_mm, right.origin, right.direction)
    away = Volume(right.array, right.spacing_mm, np.add(right.origin, (0.0, 0.0, 6.0)), right.direction)
    coarse = Volume(right.array, (3.0, 1.0, 1.0), right.origin, right.direction)
    for mask, message in (
        (mirrored, "its axes run RPS, its image's LPS"),
        (smaller, "differ in shape"),
        (away, "by its header it lies up to 2.0 voxels from its image"),
        (coarse, "by its header it lies up to 31.0 voxels from its image"),
    ):
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
    done = fix_headers(pairs)
    assert list(done.changed) == ["lost"]
    assert done.written == {name: tmp_path / f"{name}_fixed" / "mask.nii.gz" for name in ("lost", "sound")}
    assert done.written["sound"].read_bytes() == pairs["sound"][1].read_bytes()
    assert len(done.refused) == 1
    assert done.refused[0].startswith("cut: ")

"""Several masks of one image as one."""

import numpy as np
import pytest

from l2b_data.errors import DataError
from l2b_data.images.image_files import write_mask_image
from l2b_data.images.united_mask import read_united


def box(left, value=255, width=4):
    mask = np.zeros((1, 8, 12), np.uint8)
    mask[0, 2:6, left : left + width] = value
    return mask


def write(folder, *masks):
    paths = [folder / f"a_mask_{number}.png" for number in range(len(masks))]
    for path, mask in zip(paths, masks, strict=True):
        write_mask_image(mask, path)
    return paths[0], paths[1:]


def test_the_union_is_noted(tmp_path):
    found = read_united(*write(tmp_path, box(0), box(4), box(9, width=2)))
    np.testing.assert_array_equal(found.array, box(0) + box(4) + box(9, width=2))
    assert found.notes == ("3 masks of one image are united",)
    alone = read_united(write(tmp_path, box(0))[0])
    assert alone.notes == ()
    np.testing.assert_array_equal(
        read_united(*write(tmp_path, box(0, 1), box(3, 2))).array.max(0),
        np.maximum(box(0, 1), np.where(box(0, 1) == 0, box(3, 2), 0))[0],
    )


def test_masks_of_one_object_or_of_another_size_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"a_mask_1\.png: covers a_mask_0\.png by 75%.*two readers.*--exclude"):
        read_united(*write(tmp_path, box(0), box(1)))
    with pytest.raises(DataError, match=r"a further mask of a_mask_0\.png, but it differs in shape"):
        read_united(*write(tmp_path, box(0), box(6)[:, 1:]))

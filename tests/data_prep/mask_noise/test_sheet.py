"""The page of contours: written whole, for few cases as for many."""

import matplotlib.image
import numpy as np
import pytest

from data_prep.mask_noise.corrupt import corrupt
from data_prep.mask_noise.sheet import noise_sheet


@pytest.mark.parametrize("cases", [1, 9])
def test_page_shows_both_contours(prepared, tmp_path, cases):
    dataset = prepared(cases)
    folder = corrupt(dataset, level="L2", calibrate=False)
    noise_sheet(dataset, folder, tmp_path / "sheet.png")
    page = matplotlib.image.imread(tmp_path / "sheet.png")[..., :3]
    for colour in ((0x00, 0xE5, 0xA8), (0xFF, 0x5A, 0x36)):
        assert np.count_nonzero(np.abs(page - np.array(colour) / 255).max(-1) < 0.1) > 50 * min(cases, 6)
    assert {path.name for path in tmp_path.iterdir()} == {"data", "sheet.png"}


def test_single_slices_fill_the_page(prepared, tmp_path):
    dataset = prepared(7, shape=(2, 96, 96))  # the first slice is empty
    folder = corrupt(dataset, level="L2", calibrate=False)
    noise_sheet(dataset, folder, tmp_path / "sheet.png", rows=2, columns=3)
    page = matplotlib.image.imread(tmp_path / "sheet.png")[..., :3]
    height, width = page.shape[:2]
    green = np.abs(page - np.array((0x00, 0xE5, 0xA8)) / 255).max(-1) < 0.1
    for row in range(2):
        for column in range(3):
            panel = green[row * height // 2 : (row + 1) * height // 2, column * width // 3 : (column + 1) * width // 3]
            assert panel.sum() > 20, (row, column)

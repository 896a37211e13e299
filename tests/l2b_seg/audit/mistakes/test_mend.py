"""Mended copies, on grids stored in other orders of axes."""

import numpy as np

from l2b_data.cases.dataset import CLEAN_LABELS
from l2b_data.images.volume import read_volume, write_volume
from l2b_seg.audit.masks import AuditedMasks
from l2b_seg.audit.mistakes.mend import mended_labels
from tests.l2b_data.images.stored_otherwise import stored_otherwise
from tests.l2b_seg.tiny import make_dataset


def test_a_swapped_mask_comes_back_in_the_cases_own_order_of_axes(tmp_path):
    dataset = make_dataset(tmp_path)
    path = dataset.label_path("case1")
    volume = read_volume(path)
    write_volume(stored_otherwise(volume, (2, 0, 1)), path)
    cases = ("case0", "case1")
    masks = AuditedMasks(dataset, CLEAN_LABELS, {}, dict.fromkeys(cases, CLEAN_LABELS), dict.fromkeys(cases, "train"))
    row = {"case": "case0", "partner": "case1", "diagnosis": "swapped"}
    found = mended_labels(masks, row, tmp_path, "LPS")
    np.testing.assert_array_equal(found, volume.array)
    back = mended_labels(masks, row | {"case": "case1", "partner": "case0"}, tmp_path, "LPS")
    other = read_volume(dataset.label_path("case0"))
    np.testing.assert_array_equal(back, stored_otherwise(other, (2, 0, 1)).array)

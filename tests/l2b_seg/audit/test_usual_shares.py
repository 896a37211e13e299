"""How large the classes of a data set usually are."""

import numpy as np
import pytest

from l2b_data.images.volume import read_volume, write_volume
from l2b_seg.audit.usual_shares import usual_shares
from tests.l2b_seg.tiny import make_colour, make_dataset


def test_median_share_of_the_slices_that_show_a_class(tmp_path):
    dataset = make_dataset(tmp_path)
    for case, sides in (("case0", (0, 2, 4, 0, 0, 0)), ("case1", (6, 0, 0, 0, 0, 8))):
        labels = np.zeros((6, 48, 48), np.uint8)
        for index, side in enumerate(sides):
            labels[index, :side, :side] = 1
        path = dataset.label_path(case)
        write_volume(read_volume(path).with_array(labels), path)
    expected = (16 + 36) / 2 / 48**2  # of 4, 16, 36 and 64 pixels
    assert usual_shares(dataset, ["case0", "case1"], "labelsTr", "LPS") == [pytest.approx(expected)]
    assert usual_shares(dataset, ["case1"], "labelsTr", None) == [pytest.approx(50 / 48**2)]
    assert usual_shares(dataset, [], "labelsTr", None) == [0]


def test_a_class_that_nobody_shows(tmp_path):
    dataset = make_colour(tmp_path)
    for case in ("p0", "p1"):
        volume = read_volume(dataset.label_path(case))
        write_volume(volume.with_array(np.minimum(volume.array, 1)), dataset.label_path(case))
    lesion, core = usual_shares(dataset, ["p0", "p1"], "labelsTr", None)
    assert lesion > 0
    assert core == 0
    assert usual_shares(dataset, ["p0", "p1", "p2"], "labelsTr", None)[1] > 0

"""A slice of an audit in one sentence."""

from l2b_seg.audit.review.words import in_words

ROW = {"state": "ok", "dice": 0.31, "hd": 12.25, "given_area": 100.0, "proposal_area": 250.0}


def test_words():
    assert in_words(ROW, "mm") == (
        "Mask and proposal agree by Dice 0.31, their borders are up to 12.2 mm apart, "
        "and the proposal is 2.5 times as large."
    )
    assert in_words(ROW | {"proposal_area": 50.0}, "mm").endswith(", and the mask is 2.0 times as large.")
    assert in_words(ROW | {"proposal_area": 100.0}, "voxel").endswith(" 12.2 pixels apart.")
    nothing = ROW | {"state": "no mask", "proposal_area": 900.0}
    assert in_words(nothing, "voxel") == "The mask is empty, but the judge proposes 900 pixels."
    assert "covers 9.0 cm²" in in_words(ROW | {"state": "no proposal", "given_area": 900.0}, "mm")
    assert in_words(ROW | {"state": "both empty"}, "mm") == "Neither the mask nor the judge shows anything here."

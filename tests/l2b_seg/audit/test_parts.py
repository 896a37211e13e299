"""Words of the page, alone."""

from l2b_seg.audit.page import in_words


def test_words():
    row = {"state": "ok", "presence": 0.9, "dice": 0.31, "hd": 12.25, "given_area": 100.0, "proposal_area": 250.0}
    said = in_words(row, "mm", "gland")
    assert said == (
        "Mask and proposal agree by Dice 0.31; their borders are up to 12.2 mm apart. "
        "The proposal is 2.5 times as large as the mask."
    )
    assert "900 pixels" in in_words(row | {"state": "no mask", "proposal_area": 900.0}, "voxel", "gland")
    assert "9.0 cm²" in in_words(row | {"state": "no proposal", "given_area": 900.0}, "mm", "gland")
    assert "gland is 90% likely" in in_words(row | {"state": "both empty"}, "mm", "gland")

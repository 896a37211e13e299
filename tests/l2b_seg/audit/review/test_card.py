"""Which slices a card shows, and where its masks differ."""

import copy

from l2b_seg.audit.masks import audited_masks
from l2b_seg.audit.review.card import SLICES, pictures_of, shown_slices
from tests.l2b_seg.audit.wrong_masks import INVENTED


def row(number, area=10.0, state="ok"):
    return {"slice": number, "given_area": area, "state": state}


def test_the_worst_slices_come_first_and_empty_ones_are_left_out():
    rows = [row(7), row(2, 0.0, "both empty"), row(3, 90.0), *(row(number) for number in range(10, 20))]
    assert [one["slice"] for one in shown_slices(rows, whole=False)] == [7, 3, 10, 11, 12]
    assert len(shown_slices(rows, whole=False)) == SLICES
    assert [one["slice"] for one in shown_slices(rows, whole=True)] == [3, 7, 10, 11, 12]  # the largest first
    assert shown_slices([row(2, 0.0, "both empty")], whole=False) == [row(2, 0.0, "both empty")]


def pictures(audited, case, **over):
    masks = audited_masks(audited.data, "train", None)
    of_case = next(one for one in audited.result["cases"] if one["case"] == case)
    return pictures_of(masks, audited.result, of_case | over, audited.out)


def test_an_invented_mask_is_extra_where_it_was_invented(audited):
    case, index = INVENTED
    shown = next(one for one in pictures(audited, case)["shown"] if one["number"] == index)
    assert [mask["name"] for mask in shown["masks"]] == ["given mask", "proposal"]
    assert 2 in [kind for _, kind in shown["areas"]]
    assert 3 not in [kind for _, kind in shown["areas"]]  # one class has no other


def test_the_mend_is_drawn_as_well(audited):
    case = INVENTED[0]
    shown = pictures(audited, case, diagnosis="mirrored", mend=True)["shown"][0]
    given, mend, _ = shown["masks"]
    assert mend["name"] == "mend"
    assert mend["outlines"] != given["outlines"]


def test_the_only_slice_of_a_case_has_no_number(audited):
    result = copy.deepcopy(audited.result)
    case = result["cases"][0]["case"]
    result["slices"] = [next(one for one in result["slices"] if one["case"] == case)]
    masks = audited_masks(audited.data, "train", None)
    assert [one["number"] for one in pictures_of(masks, result, result["cases"][0], audited.out)["shown"]] == [""]

"""Masks of two images, of everything, and far from the others."""

import numpy as np
import pytest

from l2b_data.cases.check.mask_facts import MaskFacts, mask_facts
from l2b_data.cases.check.unlike_masks import compare_masks
from l2b_data.images.volume import Volume
from tests.l2b_data.cases.check.test_between_cases import make_facts


def masks(count=12, **changes):
    """Sound masks of c0 ..., each a bit apart; `changes`: case -> fields of MaskFacts that differ."""
    sound = {}
    for n in range(count):
        fields = {"content": f"m{n}", "share": 0.1, "border": 0.0, "place": (0.5 + 0.01 * (n % 3), 0.5)}
        sound[f"c{n}"] = {"mask": MaskFacts(**(fields | {"size_mm3": 1000.0 + 50 * n} | changes.get(f"c{n}", {})))}
    return make_facts(count, **sound)


def test_the_facts_of_a_mask():
    array = np.zeros((3, 10, 20), np.uint8)
    array[1, 2:4, 5:15] = 2
    facts = mask_facts(Volume(array, (3.0, 0.5, 0.5)))
    assert (facts.share, facts.border, facts.size_mm3) == (20 / 600, 0.0, 15.0)
    assert facts.place == pytest.approx((0.3, 0.5))
    turned = Volume(array[:, ::-1], (3.0, 0.5, 0.5), direction=(1.0, 0, 0, 0, -1.0, 0, 0, 0, 1.0))
    assert mask_facts(turned).place == pytest.approx(facts.place)
    inverted = mask_facts(Volume((array == 0).astype(np.uint8)))
    assert (inverted.border, inverted.size_mm3) == (1.0, 580.0)
    assert mask_facts(Volume(np.zeros_like(array))) is None


def test_sound_masks():
    assert compare_masks(masks()) == []
    assert compare_masks(make_facts()) == []


@pytest.mark.parametrize(
    ("change", "kind", "text"),
    [
        ({"content": "m3"}, "same_mask", "one mask for several images: c3, c5"),
        ({"share": 0.995}, "whole_image", "its mask covers 99.5% of its image: foreground and background may be"),
        ({"border": 0.95}, "whole_image", "covers 10.0% of its image, 95% of its border"),
        (
            {"size_mm3": 20_000.0},
            "unlike_mask",
            "a size of 2e+04 mm3, in the middle of all 1.32e+03: its image's mask?",
        ),
        ({"size_mm3": 100.0}, "unlike_mask", "a size of 100 mm3"),
        ({"place": (0.5, 0.9)}, "unlike_mask", "lies at 50% down, 90% across of its slices, in the middle of all 51%"),
    ],
)
def test_one_unlike_the_others(change, kind, text):
    (found,) = compare_masks(masks(c5=change))
    assert (found.kind, found.case, found.is_warning) == (kind, "c3" if kind == "same_mask" else "c5", True)
    assert text in found.message


def test_masks_that_vary_and_few_masks_are_not_judged():
    varied = {f"c{n}": {"size_mm3": 10.0 ** (n % 5), "place": (0.1 + 0.07 * n, 0.5)} for n in range(12)}
    assert compare_masks(masks(**varied)) == []
    assert compare_masks(masks(6, c5={"size_mm3": 1e6})) == []


def test_many_are_one_line():
    (found,) = compare_masks(masks(**{f"c{n}": {"border": 1.0} for n in range(9)}))
    assert found.message.startswith("9 of 12 masks, such as this one, which covers 10.0% of its image, 100%")
    assert found.message.endswith("(c0, c1, c2, c3, c4 and 4 more)")


def test_one_mask_of_copies_of_one_image_is_no_finding():
    facts = masks(c5={"content": "m3"})
    facts["c5"] = facts["c5"].__class__(**{**vars(facts["c5"]), "content": facts["c3"].content})
    assert compare_masks(facts) == []

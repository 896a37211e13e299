"""Five views of a slice and the pseudo-label averaged over them (released segmentation code)."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from l2b_seg.batches.views import apply_views, draw_views, view_pseudo_label
from l2b_seg.task import Task

SIZE = 144
BINARY = Task(1, ("gland",))
PADDINGS = set(range(4, 31, 2))


def test_draw_is_identity_in_out_out_flip():
    views = draw_views(np.random.default_rng(0), 200)
    assert len(views) == 5
    for view in views:
        assert view.zoom.shape == view.mirror_x.shape == (200,)
        assert not view.angle_deg.any()
    np.testing.assert_array_equal(views[0].zoom, 1)
    np.testing.assert_array_equal(views[4].zoom, 1)
    paddings = [np.round((view.zoom - 1) * 72).astype(int) for view in views[1:4]]
    assert set(paddings[0]) == PADDINGS
    assert set(-paddings[1]) == set(-paddings[2]) == PADDINGS
    assert (paddings[1] != paddings[2]).all()
    flips = set(zip(views[4].mirror_x.tolist(), views[4].mirror_y.tolist(), strict=True))
    assert flips == {(True, False), (False, True), (True, True)}
    assert not any(view.mirror_x.any() or view.mirror_y.any() for view in views[:4])


def test_zooms_are_resize_with_crop_or_padding():
    """v1: resize to 144 + 2p and crop the centre; v2, v3: resize to 144 - 2p and pad with zeros (bilinear)."""
    y, x = torch.meshgrid(torch.linspace(0, 6, SIZE), torch.linspace(0, 9, SIZE), indexing="ij")
    image = (1.5 + torch.sin(x) * torch.cos(y))[None, None]
    mask = (image > 1.8).float()
    views = draw_views(np.random.default_rng(3), 1)
    images, masks = apply_views(views, image, mask)
    assert images.shape == masks.shape == (5, 1, SIZE, SIZE)
    torch.testing.assert_close(images[:1], image, atol=1e-5, rtol=0)
    assert masks[:1].equal(mask)
    for number in (1, 2, 3):
        padding = round((views[number].zoom[0] - 1) * 72)
        resized = functional.interpolate(image, (SIZE + 2 * padding,) * 2, mode="bilinear")
        expected = functional.pad(resized, [-padding] * 4)
        inside = slice(max(0, -padding) + 1, SIZE - max(0, -padding) - 1)
        torch.testing.assert_close(images[number, :, inside, inside], expected[0, :, inside, inside], atol=1e-3, rtol=0)
        if number > 1:
            assert not images[number, 0, : -padding - 1].any()
            assert not masks[number, 0, :, SIZE + padding + 1 :].any()
    flipped = image.flip([axis for axis, on in ((2, views[4].mirror_y[0]), (3, views[4].mirror_x[0])) if on])
    torch.testing.assert_close(images[4:], flipped, atol=1e-5, rtol=0)


def test_views_are_view_major():
    image = torch.stack([torch.full((1, 16, 16), float(k + 1)) for k in range(3)])
    images, _ = apply_views(draw_views(np.random.default_rng(0), 3), image, torch.zeros_like(image))
    assert images.shape == (15, 1, 16, 16)
    torch.testing.assert_close(images[:, 0, 8, 8], torch.tensor([1.0, 2.0, 3.0] * 5))


@pytest.mark.parametrize(("logit", "label"), [(3.0, 1.0), (-3.0, 0.0)])
def test_pseudo_label_of_a_constant_map(logit, label):
    """Constant inside; the rings no view but some know of are averaged with zeros."""
    views = draw_views(np.random.default_rng(1), 2)
    found = view_pseudo_label(views, BINARY)(torch.full((10, 1, SIZE, SIZE), logit))
    assert found.shape == (10, 1, SIZE, SIZE)
    centre = slice(40, 104)
    assert (found[..., centre, centre] == label).all()
    assert set(found.unique().tolist()) <= {0.0, 1.0}


def test_pseudo_label_is_the_majority_in_every_views_frame():
    """Three of five views see the disc: it is kept, and stands where each view shows it."""
    y, x = np.mgrid[:SIZE, :SIZE]
    disc = torch.from_numpy(((y - 60) / 15) ** 2 + ((x - 85) / 20) ** 2 <= 1).float()[None, None]
    views = draw_views(np.random.default_rng(2), 1)
    shown, discs = apply_views(views, disc, disc)
    logits = 12 * shown - 6
    logits[3:] = -6
    found = view_pseudo_label(views, BINARY)(logits)
    overlap = 2 * (found * discs).sum((1, 2, 3)) / (found.sum((1, 2, 3)) + discs.sum((1, 2, 3)))
    assert overlap.min() > 0.9
    logits[2] = -6
    assert not view_pseudo_label(views, BINARY)(logits).any()

"""SimCLR's views: the colours as torchvision changes them, the crops as it cuts them, the draws as published."""

import numpy as np
import pytest
import torch
from torchvision.transforms.v2 import functional

from l2b_cls.pretraining.settings import ViewSettings
from l2b_cls.pretraining.simclr_view import ColourJitter, apply_jitter, draw_jitter, simclr_view

CROP = ViewSettings()
WHOLE = ViewSettings(resized_crop=0.999, flip=0.0)
TORCHVISION = (
    functional.adjust_brightness,
    functional.adjust_contrast,
    functional.adjust_saturation,
    functional.adjust_hue,
)


def images(n=64, channels=3, size=(16, 12)):
    return torch.from_numpy(np.random.default_rng(0).integers(0, 256, (n, channels, *size), dtype=np.uint8))


def view(pictures, seed=0, chosen=CROP):
    return simclr_view(pictures, np.random.default_rng(seed), chosen)


@pytest.mark.parametrize("channels", [3, 1])
def test_colours_change_as_in_torchvision(channels):
    pictures, drawn = images(channels=channels), draw_jitter(np.random.default_rng(1), 64)
    found = apply_jitter(drawn, pictures.float())
    for number, picture in enumerate(pictures.float() / 255):
        expected = picture
        if drawn.jittered[number]:
            for change in drawn.order[number]:
                expected = TORCHVISION[change](expected, float(drawn.amount[number, change]))
        if drawn.greyed[number] and channels == 3:
            expected = functional.rgb_to_grayscale(expected, num_output_channels=3)
        torch.testing.assert_close(found[number], 255 * expected, rtol=0, atol=0.01)


@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (90, 90, 90), (200, 200, 10), (10, 200, 200)])
def test_a_hue_is_turned_where_two_channels_are_equal_too(colour):
    picture = torch.tensor(colour, dtype=torch.float32)[None, :, None, None].expand(1, 3, 2, 2)
    order, amount = np.array([[3, 0, 1, 2]]), np.array([[1, 1, 1, 0.07]], np.float32)
    found = apply_jitter(ColourJitter(np.array([True]), order, amount, np.array([False])), picture)
    torch.testing.assert_close(found, 255 * functional.adjust_hue(picture / 255, 0.07), rtol=0, atol=0.01)


def test_draws_are_simclrs():
    drawn = draw_jitter(np.random.default_rng(0), 20_000)
    assert drawn.jittered.mean() == pytest.approx(0.8, abs=0.01)
    assert drawn.greyed.mean() == pytest.approx(0.2, abs=0.01)
    assert drawn.amount.min(0) == pytest.approx([0.6, 0.6, 0.6, -0.1], abs=0.001)
    assert drawn.amount.max(0) == pytest.approx([1.4, 1.4, 1.4, 0.1], abs=0.001)
    assert np.sort(drawn.order).tolist() == [[0, 1, 2, 3]] * 20_000
    assert len(np.unique(drawn.order, axis=0)) == 24


def test_the_generator_alone_decides():
    pictures, global_stream = images(), torch.get_rng_state()
    found = view(pictures)
    assert (found.shape, found.dtype) == (pictures.shape, torch.float32)
    assert found.min() >= 0
    assert found.max() <= 255
    assert torch.get_rng_state().equal(global_stream)
    assert view(pictures).equal(found)
    assert not view(pictures, seed=1).equal(found)


def test_images_are_cropped_and_mirrored_as_the_settings_say():
    ramp = torch.arange(60, 120, 4, dtype=torch.uint8).expand(60, 1, 15, 15)  # grows to the right; jitter clips nothing
    whole, cropped = view(ramp, chosen=WHOLE), view(ramp, chosen=CROP)
    assert (whole.diff(dim=3) > 0).all()
    spread = [float(one.max() - one.min()) for one in cropped]
    least = min(float(one.max() - one.min()) for one in whole)  # brightness and contrast 0.6: 56 * 0.36
    assert min(spread) < 0.9 * least < 2 * least < max(spread)
    mirrored = (cropped[:, 0, 0].diff(dim=1) < 0).any(dim=1)
    assert 15 < mirrored.sum() < 45


def test_a_view_has_the_size_the_network_takes():
    assert view(images(4), chosen=CROP.model_copy(update={"size": 24})).shape == (4, 3, 24, 24)
    assert view(images(0)).shape == (0, 3, 16, 12)


def test_a_bright_border_stays_bright():
    white = torch.full((60, 1, 9, 9), 200, dtype=torch.uint8)
    found = view(white)
    assert float((found.amax((1, 2, 3)) - found.amin((1, 2, 3))).max()) < 0.01  # nothing black is blended in

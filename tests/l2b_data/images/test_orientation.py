"""Slices and predictions do not depend on the direction in which a file stores its axes."""

import itertools

import numpy as np
import pytest
import torch
from torch import nn

from l2b_data.cases.slices import case_image, case_mask, load_slices
from l2b_data.cases.slicing import SliceOptions
from l2b_data.images.orientation import flipped, in_plane_flips
from l2b_data.images.volume import IDENTITY, Volume, read_volume, write_volume
from l2b_seg.prediction.predictor import Predictor
from l2b_seg.task import Task
from tests.l2b_seg.tiny import make_dataset

SPACING = (3.0, 0.5, 0.7)
OPTIONS = SliceOptions(size=32, crop=0.8)


def turned(volume, flips):
    """The same volume in space, axes (y, x) stored the other way round as `flips` says."""
    direction = np.reshape(volume.direction, (3, 3)).copy()
    origin = np.array(volume.origin)
    for axis, array_axis, flip in ((1, 1, flips[0]), (0, 2, flips[1])):
        if flip:
            length = (volume.array.shape[array_axis] - 1) * volume.spacing_mm[array_axis]
            origin = origin + length * direction[:, axis]
            direction[:, axis] *= -1
    array = flipped(volume.array, flips)
    return Volume(array, volume.spacing_mm, tuple(origin.tolist()), tuple(direction.ravel().tolist()), True)


@pytest.fixture
def lopsided():
    """A predictor that answers differently on the left and the right of a slice, above and below."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(1, 1, 5), nn.ZeroPad2d((7, -3, 1, 3)))
    network[0].weight.data *= 5
    return Predictor(network.eval(), OPTIONS, Task(1, ("gland",)), torch.device("cpu"))


def test_flips_of_known_directions():
    assert in_plane_flips(IDENTITY) == (False, False)
    assert in_plane_flips(np.diag([-1.0, -1.0, 1.0]).ravel()) == (True, True)  # RAS
    assert in_plane_flips(np.diag([-1.0, 1.0, -1.0]).ravel()) == (False, True)  # the slices' order is left alone
    oblique = np.array([[0.9, -0.43, 0.0], [-0.43, -0.9, 0.0], [0.0, 0.0, 1.0]])
    assert in_plane_flips(oblique.ravel()) == (True, False)
    sagittal = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])  # x runs to the back, y to the feet
    assert in_plane_flips(sagittal.ravel()) == (True, False)


def test_flipped_is_its_own_inverse():
    array = np.arange(24).reshape(2, 3, 4)
    for flips in itertools.product((False, True), repeat=2):
        np.testing.assert_array_equal(flipped(flipped(array, flips), flips), array)
    np.testing.assert_array_equal(flipped(array, (True, False)), array[:, ::-1])


@pytest.mark.parametrize("flips", [(True, True), (True, False), (False, True)])
def test_copies_in_other_orientations_give_the_same_slices(tmp_path, flips):
    plain, other = make_dataset(tmp_path / "lps"), make_dataset(tmp_path / "other")
    for path in (other.image_path("case0"), other.label_path("case0")):
        write_volume(turned(read_volume(path), flips), path)
    for read in (case_image, case_mask):
        first, second = read(plain, "case0", OPTIONS), read(other, "case0", OPTIONS)
        np.testing.assert_array_equal(first.array, second.array)
        assert (first.flips, second.flips, second.shape) == ((False, False), flips, (6, 48, 48))
    write_volume(read_volume(plain.label_path("case0")), other.label_path("case0"))
    with pytest.raises(Exception, match=r"case0: image has shape 6x48x48 with .* stored backwards, its mask"):
        load_slices(other, ["case0"], OPTIONS)


@pytest.mark.parametrize("suffix", [".nii.gz", ".mha"])
def test_predictions_are_equal_in_space(tmp_path, lopsided, suffix):
    oblique = np.array([[0.96, -0.28, 0.0], [0.28, 0.96, 0.0], [0.0, 0.0, 1.0]])
    noise = np.random.default_rng(0).normal(100, 20, (3, 40, 50)).astype(np.float32)
    volume = Volume(noise, SPACING, (10.0, -20.0, 5.0), tuple(oblique.ravel().tolist()), True)
    expected = lopsided.predict_volume([volume])
    assert expected.shape == (1, 3, 40, 50)
    assert np.abs(expected - expected[..., ::-1]).max() > 0.1
    for flips in itertools.product((False, True), repeat=2):
        path = tmp_path / f"{flips[0]:d}{flips[1]:d}{suffix}"
        write_volume(turned(volume, flips), path)
        stored = read_volume(path)
        found = lopsided.predict_volume([stored])
        back = turned(stored.with_array(found[0]), flips)
        np.testing.assert_allclose(back.array, expected[0], atol=1e-6)
        np.testing.assert_allclose(back.origin, volume.origin, atol=1e-4)
        np.testing.assert_allclose(back.direction, volume.direction, atol=1e-6)
        mirrored = lopsided.predict_volume([stored], mirror=True)
        np.testing.assert_allclose(flipped(mirrored, flips), lopsided.predict_volume([volume], mirror=True), atol=1e-6)

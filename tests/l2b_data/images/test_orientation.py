"""How a stored array is cut into slices and put together again, and that slices do not depend on how it is stored."""

from dataclasses import replace
from itertools import permutations, product

import numpy as np
import pytest
import torch
from torch import nn

from l2b_data.cases.slices import case_image, case_mask, load_slices
from l2b_data.cases.slicing import SliceOptions
from l2b_data.errors import DataError
from l2b_data.images.orientation import Cut, axis_letters, common_plane, cut_of
from l2b_data.images.volume import IDENTITY, Volume, read_volume, write_volume
from l2b_seg.prediction.predictor import Predictor
from l2b_seg.task import Task
from tests.l2b_data.images.stored_otherwise import stored_otherwise
from tests.l2b_data.images.write_any import write_any
from tests.l2b_seg.tiny import make_dataset

SPACING = (3.0, 0.5, 0.7)
OPTIONS = SliceOptions(size=32, crop=0.8)
IN_PLANE = [(False, *flips) for flips in product((False, True), repeat=2)]
OBLIQUE = (0.96, -0.28, 0.0, 0.28, 0.96, 0.0, 0.0, 0.0, 1.0)


@pytest.fixture
def lopsided():
    """A predictor that answers differently on the left and the right of a slice, above and below."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(1, 1, 5), nn.ZeroPad2d((7, -3, 1, 3)))
    network[0].weight.data *= 5
    return Predictor(network.eval(), OPTIONS, Task(1, ("gland",)), torch.device("cpu"))


def rotation(*degrees):
    """Turned about x, then y, then z."""
    matrix = np.eye(3)
    for axis, angle in enumerate(np.deg2rad(degrees)):
        i, j = {0: (1, 2), 1: (2, 0), 2: (0, 1)}[axis]
        one = np.eye(3)
        one[[i, i, j, j], [i, j, i, j]] = np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle)
        matrix = one @ matrix
    return matrix


def test_letters_of_known_directions():
    assert axis_letters(IDENTITY) == "LPS"
    assert axis_letters(np.diag([-1.0, -1.0, 1.0]).ravel()) == "RAS"
    assert axis_letters(np.array([[0.9, -0.43, 0.0], [-0.43, -0.9, 0.0], [0.0, 0.0, 1.0]]).ravel()) == "LAS"
    assert axis_letters([0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, -1.0, 0.0]) == "PIL"  # sagittal


@pytest.mark.parametrize("angles", [(0, 0, 44), (30, -25, 40), (-44, 44, -44), (54.7, 45, 30), (35, 60, 20)])
def test_each_line_is_named_once_however_oblique(angles):
    """Where two axes lie closest to one line, and where they do not."""
    matrix = rotation(*angles)
    letters = axis_letters(matrix.ravel())
    assert sorted(letters.translate(str.maketrans("RAI", "LPS"))) == ["L", "P", "S"]
    for order in permutations(range(3)):  # the letters move with the axes
        assert axis_letters(matrix[:, order].ravel()) == "".join(letters[axis] for axis in order)


@pytest.mark.parametrize(
    ("axes", "plane", "cut"),
    [
        ("LPS", None, Cut((4, 5, 6))),
        ("RAS", None, Cut((4, 5, 6), flips=(True, True))),
        ("RPI", None, Cut((4, 5, 6), flips=(False, True))),  # the slices keep the file's sequence
        ("PIL", None, Cut((4, 5, 6), flips=(True, False))),  # without a plane a sagittal file is cut as it is stored
        ("PIL", "PSL", Cut((4, 5, 6), flips=(True, False))),
        ("PIL", "LPS", Cut((4, 5, 6), (1, 2, 0), (False, False))),
        ("SRA", "LPS", Cut((4, 5, 6), (2, 0, 1), (True, True))),
        ("PLS", "LPS", Cut((4, 5, 6), (0, 2, 1))),
    ],
)
def test_cut_of_known_axes(axes, plane, cut):
    assert cut_of((4, 5, 6), axes, plane) == cut


def test_a_single_slice_is_not_cut_into_lines():
    assert cut_of((1, 5, 6), "LIP", "LPS") == Cut((1, 5, 6), flips=(True, False))
    assert cut_of((1, 5, 6), "PLS", "LPS") == Cut((1, 5, 6), (0, 2, 1))
    assert cut_of((5, 6, 1), "SLP", "LPS") == Cut((5, 6, 1), (2, 0, 1))


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("flips", list(product((False, True), repeat=2)))
def test_undo_brings_back_what_apply_took(order, flips):
    array = np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)
    cut = Cut((3, 4, 5), order, flips)
    slices = cut.apply(array)
    assert slices.shape[1:] == cut.sizes
    assert slices.flags.c_contiguous
    np.testing.assert_array_equal(cut.undo(slices), array)
    np.testing.assert_array_equal(cut.apply(array[0]), slices[0])


def test_apply_takes_rows_and_columns_from_where_they_are_stored():
    array = np.arange(60).reshape(3, 4, 5)
    turned = Cut((3, 4, 5), (2, 0, 1), (True, False)).apply(array)
    assert turned[4, 0, 1] == array[2, 1, 4]


def test_in_words():
    assert str(Cut((6, 48, 48))) == "6x48x48"
    assert str(Cut((6, 48, 48), flips=(True, True))) == "6x48x48 with y and x stored backwards"
    assert str(Cut((48, 6, 40), (2, 0, 1), (True, False))) == "48x6x40 with slices along x and z stored backwards"


@pytest.mark.parametrize("flips", IN_PLANE[1:])
def test_copies_stored_backwards_give_the_same_slices(tmp_path, flips):
    plain, other = make_dataset(tmp_path / "lps"), make_dataset(tmp_path / "other")
    for path in (other.image_path("case0"), other.label_path("case0")):
        write_volume(stored_otherwise(read_volume(path), flips=flips), path)
    for read in (case_image, case_mask):
        first, second = read(plain, "case0", OPTIONS), read(other, "case0", OPTIONS)
        np.testing.assert_array_equal(first.array, second.array)
        assert (first.cut, second.cut) == (Cut((6, 48, 48)), Cut((6, 48, 48), flips=flips[1:]))
    write_volume(read_volume(plain.label_path("case0")), other.label_path("case0"))
    with pytest.raises(DataError, match=r"case0: image has shape 6x48x48 with .* stored backwards, its mask"):
        load_slices(other, ["case0"], OPTIONS)


def oblique_noise():
    noise = np.random.default_rng(0).normal(100, 20, (3, 40, 50)).astype(np.float32)
    return Volume(noise, SPACING, (10.0, -20.0, 5.0), OBLIQUE)


def back_in_place(volume, order, flips):
    """What undoes `stored_otherwise` of these arguments."""
    unflipped = stored_otherwise(volume, flips=flips)
    return stored_otherwise(unflipped, tuple(order.index(axis) for axis in range(3)))


@pytest.mark.parametrize("plane", ["LPS", None])
@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_predictions_are_equal_in_space_however_stored(lopsided, order, plane):
    """With the plane of training in any order and sense; without one in the sense of rows and columns alone."""
    predictor = replace(lopsided, options=replace(OPTIONS, plane=plane))
    volume = oblique_noise()
    expected = predictor.predict_volume([volume], mirror=True)[0]
    assert expected.shape == (3, 40, 50)
    assert np.abs(expected - expected[..., ::-1]).max() > 0.1
    for flips in product((False, True), repeat=3):
        stored = stored_otherwise(volume, order, flips)
        found = stored.with_array(predictor.predict_volume([stored], mirror=True)[0])
        back = back_in_place(found, order, flips)
        assert back.same_grid(volume) == []
        same = np.allclose(back.array, expected, atol=1e-6)
        assert same == (plane is not None or order == (0, 1, 2)), flips


@pytest.mark.parametrize("suffix", [".nii.gz", ".nii", ".mha", ".nrrd", ".mhd"])
def test_every_reader_brings_the_volume_to_the_plane(tmp_path, lopsided, suffix):
    predictor = replace(lopsided, options=replace(OPTIONS, plane="LPS"))
    volume, order, flips = oblique_noise(), (2, 0, 1), (True, False, True)
    other = stored_otherwise(volume, order, flips)
    path = tmp_path / f"a{suffix}"
    write_any(other, path)
    stored = read_volume(path)
    found = stored.with_array(predictor.predict_volume([stored])[0])
    np.testing.assert_allclose(
        back_in_place(found, order, flips).array, predictor.predict_volume([volume])[0], atol=1e-6
    )


def test_the_plane_most_files_are_stored_in():
    assert common_plane(["PSL", "RAS", "LPS", "LAI"]) == "LPS"
    assert common_plane(["PSL", "LPS"]) == "PSL"
    assert common_plane([]) is None

"""Predictions from files: which are read, as what, and what is refused."""

import unicodedata

import numpy as np
import pytest

from l2b_data.cases.dataset import Dataset
from l2b_data.errors import DataError
from l2b_data.images.image_files import write_mask_image
from l2b_data.images.volume import Volume, write_volume
from l2b_seg.audit.judges.prediction_files import CERTAIN, prediction_files, read_prediction, softened

SHAPE = (3, 8, 10)
GRID = Volume(np.zeros(SHAPE, np.uint8), (3.0, 0.5, 0.5))
ONE = Dataset(GRID, {}, {"background": 0, "gland": 1}, "mm", {})
TWO = Dataset(GRID, {}, {"background": 0, "liver": 1, "spleen": 2}, "mm", {})


def soft(count, shape=SHAPE):
    return np.random.default_rng(0).dirichlet(np.ones(count), shape).transpose(3, 0, 1, 2).astype(np.float32)


def save(path, array, grid=GRID):
    write_volume(Volume(array, grid.spacing_mm), path)
    return [path]


def test_probabilities_come_before_masks(tmp_path):
    assert prediction_files(tmp_path, "a") == []
    names = ["a.nii.gz", "a_0.nii.gz", "a_1.nii.gz", "a_probabilities.nii.gz", "a_probability.nii.gz", "a.npz"]
    found = []
    for name in names:
        (tmp_path / name).touch()
        found.append([path.name for path in prediction_files(tmp_path, "a")])
    assert found == [names[:1], ["a_0.nii.gz"], ["a_0.nii.gz", "a_1.nii.gz"], *([name] for name in names[3:])]
    (tmp_path / "b_1.nii.gz").touch()  # a case of another name
    assert prediction_files(tmp_path, "b") == []


def test_the_folder_of_nnunets_cross_validation(tmp_path):
    for fold, case in ((0, "a"), (1, "b")):
        path = tmp_path / f"fold_{fold}" / "validation" / f"{case}.npz"
        path.parent.mkdir(parents=True)
        path.write_bytes(b"")
    assert [prediction_files(tmp_path, case) for case in "abc"] == [
        [tmp_path / "fold_0" / "validation" / "a.npz"],
        [tmp_path / "fold_1" / "validation" / "b.npz"],
        [],
    ]


@pytest.mark.parametrize("key", ["probabilities", "softmax"])
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_npz(tmp_path, key, dtype):
    path = tmp_path / "a.npz"
    for dataset, count, kept in ((ONE, 2, slice(1, 2)), (ONE, 1, slice(0, 1)), (TWO, 3, slice(0, 3))):
        maps = soft(max(2, count))[:count]
        np.savez_compressed(path, **{key: maps.astype(dtype)})
        found = read_prediction([path], GRID, dataset)
        np.testing.assert_allclose(found.probability, maps[kept], atol=1e-3)
        assert (found.probability.dtype, found.labels) == (np.float32, None)


def test_axes_in_another_order_are_turned_only_where_one_fits(tmp_path):
    path, maps = tmp_path / "a.npz", soft(2)
    np.savez(path, probabilities=maps.transpose(0, 3, 2, 1))
    np.testing.assert_array_equal(read_prediction([path], GRID, ONE).probability, maps[1:])
    square = Volume(np.zeros((3, 8, 8), np.uint8))
    np.savez(path, probabilities=soft(2, (8, 8, 3)))
    with pytest.raises(DataError, match=r"a\.npz: shape 8x8x3, the mask 3x8x8: its axes fit in 2 orders; store"):
        read_prediction([path], square, ONE)
    np.savez(path, probabilities=soft(2, (2, 8, 8)))
    with pytest.raises(DataError, match="another grid, or of a cropped image"):
        read_prediction([path], square, ONE)


def test_nifti_of_probabilities(tmp_path):
    maps = soft(2)
    found = read_prediction(save(tmp_path / "a.nii.gz", maps[1]), GRID, ONE)
    np.testing.assert_array_equal(found.probability, maps[1:])
    assert found.labels is None
    three = soft(3)
    files = [save(tmp_path / f"a_{number}.nii.gz", one)[0] for number, one in enumerate(three)]
    np.testing.assert_array_equal(read_prediction(files, GRID, TWO).probability, three)
    import nibabel as nib

    affine = nib.load(files[0]).affine
    nib.save(nib.Nifti1Image(three.transpose(3, 2, 1, 0), affine), tmp_path / "a_probabilities.nii.gz")
    np.testing.assert_array_equal(read_prediction([tmp_path / "a_probabilities.nii.gz"], GRID, TWO).probability, three)


def test_label_maps_in_own_values_or_labels(tmp_path):
    labels = np.zeros(SHAPE, np.uint8)
    labels[1, 2:6, 2:6], labels[1, 2:6, 7:9] = 1, 2
    own = Dataset(GRID, {}, TWO.labels, "mm", {"mask_values": {"background": 0, "liver": 6, "spleen": 3}})
    for dataset, stored in ((TWO, labels), (own, labels), (own, np.array([0, 6, 3], np.uint8)[labels])):
        found = read_prediction(save(tmp_path / "a.nii.gz", stored), GRID, dataset)
        np.testing.assert_array_equal(found.labels, labels)
        np.testing.assert_allclose(found.probability.sum(0), 1, atol=1e-6)
        assert found.probability.shape == (3, *SHAPE)
    white = read_prediction(save(tmp_path / "a.nii.gz", (255 * (labels > 0)).astype(np.float32)), GRID, ONE)
    np.testing.assert_array_equal(white.labels, labels > 0)


def test_a_label_map_is_sure_but_for_its_borders():
    labels = np.zeros((2, 30, 30), np.uint8)
    labels[0, :15] = 1
    found = softened(labels, 2)
    assert found.shape == (1, 2, 30, 30)
    assert found[0, 0, 0, 0] == pytest.approx(CERTAIN)
    assert found[0, 0, -1, 0] == found[0, 1, 0, 0] == pytest.approx(1 - CERTAIN)
    assert 0.5 < found[0, 0, 14, 5] < 0.9
    assert found[0, 0, 15, 5] == pytest.approx(1 - found[0, 0, 14, 5])


def test_what_is_refused_names_the_file(tmp_path):
    path = tmp_path / "a.nii.gz"
    for array, dataset, text in (
        (np.full(SHAPE, 7.5, np.float32), ONE, "values from 7.5 to 7.5, which are no probabilities"),
        (np.full(SHAPE, np.nan, np.float32), ONE, "no probabilities"),
        (soft(2)[0], TWO, "1 probability maps; this data set's labels ask for 3"),
        (np.arange(np.prod(SHAPE), dtype=np.uint8).reshape(SHAPE), ONE, "240 values"),
        (np.full(SHAPE, 9, np.uint8), TWO, "label values 9"),
        (np.zeros((3, 8, 9), np.uint8), ONE, "not on the grid of the image and its mask: shape"),
    ):
        with pytest.raises(DataError, match=rf"a\.nii\.gz: .*{text}"):
            read_prediction(save(path, array), GRID, dataset)
    files = [save(tmp_path / f"a_{number}.nii.gz", one)[0] for number, one in enumerate(2 * soft(3) / 3)]
    with pytest.raises(DataError, match="do not sum to 1"):
        read_prediction(files, GRID, TWO)
    np.savez(tmp_path / "a.npz", other=soft(2))
    with pytest.raises(DataError, match=r"a\.npz: no such array; `probabilities` or `softmax`"):
        read_prediction([tmp_path / "a.npz"], GRID, ONE)
    np.savez_compressed(tmp_path / "a.npz", softmax=soft(2))
    whole = (tmp_path / "a.npz").read_bytes()
    for damaged in (b"nothing", whole[:-200], whole[:200] + b"damaged" + whole[207:]):
        (tmp_path / "a.npz").write_bytes(damaged)
        with pytest.raises(DataError, match=r"a\.npz: no readable \.npz file"):
            read_prediction([tmp_path / "a.npz"], GRID, ONE)


def test_label_maps_of_pictures_and_of_rounded_floats(tmp_path):
    grid = Volume(np.zeros((1, 8, 10), np.uint8), spacing_known=False)
    labels = np.zeros((1, 8, 10), np.uint8)
    labels[0, 2:5, 3:7] = 1
    write_mask_image(labels * 255, tmp_path / unicodedata.normalize("NFD", "ä.png"))
    files = prediction_files(tmp_path, "ä")
    assert len(files) == 1
    np.testing.assert_array_equal(read_prediction(files, grid, ONE).labels, labels)
    off = save(tmp_path / "b.nii.gz", labels * np.float32(0.99998), grid)
    np.testing.assert_array_equal(read_prediction(off, grid, ONE).labels, labels)

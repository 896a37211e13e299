"""MedMNIST files as published, and files that are none."""

import numpy as np
import pytest

from data_prep.label_sets.medmnist import prepare_medmnist
from l2b_data.errors import ConfigError, DataError


def write_npz(path, *, shape=(28, 28), labels=(1,), **change):
    rng = np.random.default_rng(0)
    parts = {}
    for split, count in (("train", 8), ("val", 3), ("test", 4)):
        parts[f"{split}_images"] = rng.integers(0, 256, (count, *shape), np.uint8)
        parts[f"{split}_labels"] = (np.arange(count) % 2).astype(np.uint8).reshape(count, 1).repeat(labels[0], 1)
    np.savez_compressed(path, **{key: value for key, value in (parts | change).items() if value is not None})
    return parts


def test_grey_colour_and_names(tmp_path):
    parts = write_npz(tmp_path / "pneumoniamnist.npz")
    made = prepare_medmnist(tmp_path / "pneumoniamnist.npz", tmp_path / "grey")
    assert (made.name, made.classes, made.channels, made.size) == (
        "pneumoniamnist",
        ["normal", "pneumonia"],
        1,
        (28, 28),
    )
    assert [len(made.indices(split)) for split in ("train", "val", "test")] == [8, 3, 4]
    np.testing.assert_array_equal(made.images(made.indices("val"))[..., 0], parts["val_images"])
    assert made.labels[made.indices("test")].tolist() == [0, 1, 0, 1]

    write_npz(tmp_path / "bloodmnist_64.npz", shape=(64, 64, 3))
    made = prepare_medmnist(tmp_path / "bloodmnist_64.npz", tmp_path / "colour")
    assert (made.classes, made.channels, made.size) == (["0", "1"], 3, (64, 64))
    made = prepare_medmnist(tmp_path / "bloodmnist_64.npz", tmp_path / "named", class_names=["x", "y", "z"])
    assert made.classes == ["x", "y", "z"]
    with pytest.raises(ConfigError, match="1 names for labels 0 to 1"):
        prepare_medmnist(tmp_path / "bloodmnist_64.npz", tmp_path / "few", class_names=["x"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"shape": (28, 28, 28)}, r"train_images: \(8, 28, 28, 28\) uint8"),
        ({"labels": (14,)}, r"train_labels: \(8, 14\) uint8; one label an image"),
        ({"val_images": None}, "holds no val_images"),
        ({"test_images": np.zeros((4, 28, 28))}, "test_images: .*float64"),
        ({"test_labels": np.zeros((3, 1), int)}, r"test_labels: \(3, 1\) int64"),
        ({"train_labels": np.full((8, 1), None)}, "not a readable"),
    ],
)
def test_other_contents(tmp_path, change, message):
    write_npz(tmp_path / "a.npz", **change)
    with pytest.raises(DataError, match=message):
        prepare_medmnist(tmp_path / "a.npz", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_no_npz(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        prepare_medmnist(tmp_path / "a.npz", tmp_path / "out")
    (tmp_path / "a.npz").write_bytes(b"PK\x03\x04 short")
    with pytest.raises(DataError, match="not a readable"):
        prepare_medmnist(tmp_path / "a.npz", tmp_path / "out")
    np.save(tmp_path / "b.npy", np.zeros(3))
    with pytest.raises(DataError, match=r"b\.npy: one array"):
        prepare_medmnist(tmp_path / "b.npy", tmp_path / "out")

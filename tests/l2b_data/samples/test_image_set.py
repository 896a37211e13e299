"""The prepared form: what is written is read back, and every fault of a damaged set is named at once."""

import json
import pickle

import numpy as np
import pytest
from PIL import Image

from l2b_data.errors import ConfigError, DataError
from l2b_data.samples.image_set import open_image_set
from l2b_data.samples.write_image_set import PictureFiles, write_image_set

LABELS = [0, 1, 2, 1, 0]
SPLIT = ["train", "train", "val", "test", "train"]


def random_images(count=5, shape=(6, 4, 3), seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), np.uint8)


def write(root, images=None, **options):
    defaults = {"name": "Toy", "labels": LABELS, "split": SPLIT, "classes": ["a", "b", "c"]}
    return write_image_set(root, images=random_images() if images is None else images, **(defaults | options))


def test_read_back(tmp_path):
    given = {"human_worse": np.array([1, -1, 2, 0, 0])}
    made = write(
        tmp_path / "set",
        names=["x, y", 'quo"te', "ünï", "3", "4"],
        groups=["p1", "", "p2", "", "p1"],
        given=given,
        source={"from": "here"},
    )
    for image_set in (made, open_image_set(tmp_path / "set"), pickle.loads(pickle.dumps(made))):
        assert (image_set.name, image_set.classes, len(image_set)) == ("Toy", ["a", "b", "c"], 5)
        assert (image_set.size, image_set.channels) == ((6, 4), 3)
        assert image_set.labels.dtype == np.int64
        assert image_set.labels.tolist() == LABELS
        assert image_set.split.tolist() == SPLIT
        assert image_set.names[:3] == ["x, y", 'quo"te', "ünï"]
        assert image_set.groups == ["p1", "", "p2", "", "p1"]
        np.testing.assert_array_equal(image_set.given["human_worse"], given["human_worse"])
        assert image_set.indices("train").tolist() == [0, 1, 4]
        assert image_set.indices("nothing").tolist() == []
        np.testing.assert_array_equal(image_set.images([4, 0, 4]), random_images()[[4, 0, 4]])
        assert image_set.images([]).shape == (0, 6, 4, 3)
        assert image_set.info["source"] == {"from": "here"}


def test_pixels_are_mapped_not_pickled(tmp_path):
    made = write(tmp_path / "set", random_images(5, (200, 200, 3)))
    assert isinstance(made.store.pixels, np.memmap)
    assert len(pickle.dumps(made)) < 10_000


def test_pictures_one_after_the_other(tmp_path):
    made = write(tmp_path / "set", (image for image in random_images(shape=(3, 3, 1))))
    assert made.channels == 1
    np.testing.assert_array_equal(made.images(range(5)), random_images(shape=(3, 3, 1)))


def test_files_stay_where_they_are(tmp_path):
    pixels = random_images(5, (8, 16, 3))
    for number, image in enumerate(pixels):
        Image.fromarray(image).save(tmp_path / f"{number}.png")
    files = PictureFiles(tmp_path, [f"{number}.png" for number in range(5)], (8, 8))
    made = write(tmp_path / "set", files)
    np.testing.assert_array_equal(made.images([3, 1]), pixels[[3, 1], :, 4:12])
    assert made.images([]).shape == (0, 8, 8, 3)
    assert not (tmp_path / "set" / "images.npy").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"labels": [0, 1, 3, 1, -1]}, r"label out of range 0 to 2 in 2 rows: 3 \(image 2\), -1 \(image 4\)"),
        ({"split": ["train"] * 4 + ["dev"]}, "split 'dev': one of train, val, test"),
        ({"names": ["a"]}, "1 entries in name for 5 labels"),
        ({"given": {"human": np.array([0, 0, 0, 0, 7])}}, r"human out of range 0 to 2 in 1 rows: 7 \(image 4\)"),
        ({"given": {"file": np.zeros(5)}}, "the name is taken"),
        ({"images": random_images(4)}, "4 images for 5 labels"),
        ({"images": random_images(6)}, r"image 5: \(6, 4, 3\) uint8 instead of \(6, 4, 3\) uint8, 5 of them"),
        ({"images": random_images().astype(np.float32)}, r"float32 instead of \(H, W, 1 or 3\) uint8"),
        ({"images": [*random_images(4), *random_images(1, (6, 5, 3))]}, r"image 4: \(6, 5, 3\)"),
        ({"labels": [], "split": [], "images": []}, "no image"),
    ],
)
def test_what_cannot_be_written(tmp_path, options, message):
    with pytest.raises(DataError, match=message):
        write(tmp_path / "set", **options)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(tmp_path):
    write(tmp_path / "set")
    before = (tmp_path / "set" / "labels.csv").read_bytes()
    with pytest.raises(ConfigError, match="not an empty folder"):
        write(tmp_path / "set", random_images(seed=1))
    assert (tmp_path / "set" / "labels.csv").read_bytes() == before


def test_all_faults_at_once(tmp_path):
    write(tmp_path / "set", given={"human": np.zeros(5, int)})
    table = tmp_path / "set" / "labels.csv"
    lines = table.read_text().splitlines()
    lines[1] = lines[1].replace("0,0,0,train", "0,0,one,train")
    lines[2] = lines[2].replace("1,1,1,", f"1,1,{10**30},")
    lines[3] = "7" + lines[3][1:]
    lines[4] += ",more"
    table.write_text("\n".join(lines))
    np.save(tmp_path / "set" / "images.npy", random_images(4).astype(np.int16))
    with pytest.raises(DataError) as caught:
        open_image_set(tmp_path / "set")
    message = str(caught.value)
    for part in (
        "line 2: label 'one' is no whole number",
        f"line 3: label '{10**30}' is no whole number",
        "line 4: index '7' instead of 2",
        "line 5: 7 cells instead of 6",
        "images.npy: (4, 6, 4, 3) int16 instead of (N, H, W, 1 or 3) uint8",
    ):
        assert part in message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "other"}, "format 'other' is not"),
        ({"classes": ["a"]}, "at least two"),
        ({"classes": ["a", "a"]}, "each once"),
        ({"classes": ["a", "b"]}, "label out of range 0 to 1"),
        ({"classes": {"a": 0}}, "no list of names"),
        ({"storage": "zarr"}, "storage 'zarr' is neither"),
        ({"size": [5, 4]}, "are not those of images.npy"),
        ({"name": 3}, "name 3 is no text"),
        ({"storage": "files"}, "image_root None"),
        ({"storage": "files", "image_root": "/nowhere/at/all"}, "no such folder"),
        ({"storage": "files", "image_root": "."}, "no column `file`"),
    ],
)
def test_dataset_json_is_not_trusted(tmp_path, change, message):
    path = write(tmp_path / "set").root / "dataset.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(DataError, match=message):
        open_image_set(tmp_path / "set")


def test_files_that_are_missing_or_pickled(tmp_path):
    with pytest.raises(DataError, match="l2b-cls prepare"):
        open_image_set(tmp_path / "none")
    root = write(tmp_path / "set").root
    np.save(root / "images.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match=r"images\.npy cannot be read"):
        open_image_set(root)
    for name in ("images.npy", "labels.csv", "dataset.json"):
        (root / name).unlink()
        with pytest.raises(DataError, match=f"{name} is missing"):
            open_image_set(root)
    (root / "dataset.json").write_text("{")
    with pytest.raises(DataError, match=r"dataset.json cannot be read"):
        open_image_set(root)

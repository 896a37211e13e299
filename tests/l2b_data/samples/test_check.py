"""What `check` finds in a prepared set, and that a sound one has no finding."""

import numpy as np
import pytest
from PIL import Image

from l2b_data.errors import DataError
from l2b_data.samples.check import check_image_set, class_counts
from l2b_data.samples.fault import KINDS
from l2b_data.samples.write_image_set import PictureFiles, write_image_set

COUNT = 60


def make(root, *, images=None, **options):
    split = ["train"] * 40 + ["val"] * 8 + ["test"] * 12
    labels = np.arange(COUNT) % 3
    defaults = {"name": "Toy", "labels": labels, "split": split, "classes": ["a", "b", "c"]}
    pixels = np.random.default_rng(0).integers(0, 256, (COUNT, 4, 5, 1), np.uint8)
    return write_image_set(root, images=pixels if images is None else images, **(defaults | options))


def kinds(root, **options):
    return sorted((fault.kind, fault.image) for fault in check_image_set(root, **options)[1])


def test_a_sound_set(tmp_path):
    made = make(tmp_path / "set", groups=[f"p{number // 4}" for number in range(COUNT)])
    lines = []
    found, faults = check_image_set(tmp_path / "set", say=lines.append)
    assert faults == []
    assert found is not None
    assert len(found) == COUNT
    assert lines == ["[60/60] images"]
    assert class_counts(made)["a"] == {"train": 14, "val": 2, "test": 4}


def test_same_pixels(tmp_path):
    images = np.array(make(tmp_path / "sound").images(range(COUNT)))
    images[3] = images[0]  # one class, one split
    images[4] = images[2]  # two classes, one split
    images[50] = images[9]  # train and test
    images[7] = 128
    root = make(tmp_path / "set", images=images).root
    _, faults = check_image_set(root)
    assert [(fault.kind, fault.image, fault.message, fault.is_warning) for fault in faults] == [
        ("constant_image", "7", "has the value 128 throughout", True),
        ("duplicate", "0", "same pixels as 3", True),
        ("contradiction", "2", "same pixels as 4, labelled b and c", True),
        ("leakage", "9", "same pixels as 50: stands in train (1) and test (1)", False),
    ]
    assert kinds(root, max_images=2) == []


def test_groups_classes_splits_and_names(tmp_path):
    groups = [""] * COUNT
    groups[1] = groups[2] = groups[55] = "patient 7"
    root = make(tmp_path / "groups", groups=groups).root
    assert kinds(root) == [("leakage", "1")]
    assert "group patient 7 stands in train (2) and test (1)" in check_image_set(root)[1][0].message

    labels = np.arange(COUNT) % 2
    labels[58] = 2  # nothing to train on
    root = make(tmp_path / "absent", labels=labels, classes=["a", "b", "c"]).root
    assert kinds(root) == [("absent_class", None)]
    labels[[58, 0]] = [0, 2]
    root = make(tmp_path / "few", labels=labels).root
    assert kinds(root) == [("few_images", None), ("few_images", None)]

    root = make(tmp_path / "split", split=["val"] * COUNT).root
    assert [fault.kind for fault in check_image_set(root)[1]].count("empty_split") == 2

    names = [str(number) for number in range(COUNT - 1)] + ["0"]
    human = np.full(COUNT, -1)
    human[5:] = 0
    root = make(tmp_path / "names", names=names, given={"human": human}).root
    assert kinds(root) == [("label_set", None), ("name", "0")]


def test_the_split_meta_is_checked_as_the_others(tmp_path):
    split = np.array(["train"] * 40 + ["val"] * 8 + ["test"] * 12)
    split[[0, 1, 3]] = "meta"
    images = np.array(make(tmp_path / "sound").images(range(COUNT)))
    images[20] = images[0]
    groups = [""] * COUNT
    groups[1] = groups[30] = "patient 7"
    found, faults = check_image_set(make(tmp_path / "set", split=split, images=images, groups=groups).root)
    assert [(fault.kind, fault.image, fault.message) for fault in faults] == [
        ("few_images", None, "class c has no image in split meta: no clean sample of it"),
        ("leakage", "1", "group patient 7 stands in train (1) and meta (1)"),
        ("leakage", "0", "same pixels as 20: stands in train (1) and meta (1)"),
    ]
    assert class_counts(found)["a"] == {"train": 12, "meta": 2, "val": 2, "test": 4}


def test_files_that_cannot_be_read(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (COUNT, 6, 6, 3), np.uint8)
    for number, image in enumerate(pixels):
        Image.fromarray(image).save(tmp_path / f"{number}.png")
    root = make(
        tmp_path / "set", images=PictureFiles(tmp_path, [f"{number}.png" for number in range(COUNT)], (6, 6))
    ).root
    assert kinds(root) == []
    (tmp_path / "3.png").unlink()
    (tmp_path / "8.png").write_bytes((tmp_path / "8.png").read_bytes()[:60])
    (tmp_path / "50.png").write_bytes((tmp_path / "9.png").read_bytes())
    assert kinds(root) == [("leakage", "9"), ("unreadable", "3"), ("unreadable", "8")]


def test_a_set_that_cannot_be_opened(tmp_path):
    root = make(tmp_path / "set").root
    table = (root / "labels.csv").read_text().replace(",1,train,", ",9,train,")
    (root / "labels.csv").write_text(table)
    (root / "images.npy").write_bytes(b"short")
    found, faults = check_image_set(root)
    assert found is None
    assert {fault.kind for fault in faults} == {"format"}
    assert "label out of range 0 to 2 in 13 rows: 9 (image 1)" in faults[0].message
    assert "images.npy cannot be read" in faults[1].message
    assert {fault.kind for fault in faults} <= KINDS.keys()
    with pytest.raises(DataError, match="no such folder"):
        check_image_set(tmp_path / "none")

"""Clothing1M's layout: images stay where they are, and every fault of the five files is named."""

import numpy as np
import pytest
from PIL import Image

from data_prep.label_sets.clothing1m import CLASSES, PARTS, prepare_clothing1m
from l2b_data.errors import ConfigError, DataError
from l2b_data.samples.check import check_image_set
from tests.data_prep.published import write_image

TRAIN = [f"images/{number % 3}/{number:02d},{number}.jpg" for number in range(28)]
VAL = [f"images/9/v{number}.jpg" for number in range(4)]
TEST = [f"images/9/t{number}.jpg" for number in range(4)]


@pytest.fixture
def clothing(tmp_path):
    for number, key in enumerate([*TRAIN, *VAL, *TEST]):
        write_image(tmp_path / key, size=(20, 34), seed=number)
    for name, keys in (("noisy_train", TRAIN), ("clean_val", VAL), ("clean_test", TEST)):
        (tmp_path / f"{name}_key_list.txt").write_text("".join(f"{key}\n" for key in keys))
    labels = [f"{key} {number % 14}\n" for number, key in enumerate([*TRAIN, VAL[0]])]
    (tmp_path / "noisy_label_kv.txt").write_text("".join(labels))
    (tmp_path / "clean_label_kv.txt").write_text("".join(f"{key} {3}\n" for key in [*VAL, *TEST, TRAIN[0]]))
    return tmp_path


def test_files_are_read_where_they_are(clothing):
    lines = []
    made = prepare_clothing1m(clothing, clothing / "out", size=16, say=lines.append)
    assert made.classes == list(CLASSES)
    assert len(CLASSES) == 14
    assert [len(made.indices(split)) for split in PARTS] == [28, 4, 4]
    assert made.labels[:28].tolist() == [number % 14 for number in range(28)]
    assert made.labels[28:].tolist() == [3] * 8
    assert made.info["storage"] == "files"
    assert (made.size, made.channels) == ((16, 16), 3)
    scaled = Image.open(clothing / TRAIN[5]).resize((27, 16), Image.Resampling.BILINEAR)
    np.testing.assert_array_equal(made.images([5])[0], np.asarray(scaled)[:, 5:21])
    assert not list((clothing / "out").glob("*.npy"))
    assert any("their true ones are not known" in line for line in lines)
    assert [fault for fault in check_image_set(made.root)[1] if not fault.is_warning] == []


def test_key_lists_of_an_own_folder(clothing):
    (clothing / "annotations").mkdir()
    for path in clothing.glob("*.txt"):
        path.rename(clothing / "annotations" / path.name)
    assert len(prepare_clothing1m(clothing, clothing / "out")) == 36
    (clothing / "annotations" / "clean_val_key_list.txt").unlink()
    with pytest.raises(DataError, match=r"holds no clean_val_key_list\.txt"):
        prepare_clothing1m(clothing, clothing / "other")


def test_all_faults_at_once(clothing):
    with open(clothing / "noisy_label_kv.txt", "a") as handle:
        handle.write("images/0/x.jpg 14\nimages/../../etc/x.jpg 1\nno label\n")
    with open(clothing / "noisy_train_key_list.txt", "a") as handle:
        handle.write(f"{VAL[0]}\n{TRAIN[0]}\nimages/0/unknown.jpg\n/etc/passwd\n")
    (clothing / TEST[1]).unlink()
    with pytest.raises(DataError) as caught:
        prepare_clothing1m(clothing, clothing / "out")
    for part in (
        "noisy_label_kv.txt: 3 lines are no images/PATH and a label 0 to 13: line 30: 'images/0/x.jpg 14', line 31",
        "noisy_train_key_list.txt: 1 lines are no path below images/: /etc/passwd",
        "noisy_train_key_list.txt: 1 keys stand twice in it",
        "noisy_train_key_list.txt: 1 keys have no label in noisy_label_kv.txt: images/0/unknown.jpg",
        f"clean_val_key_list.txt: 1 keys stand in two lists: {VAL[0]}",
        f"clean_test_key_list.txt: 1 of 4 keys have no file: {TEST[1]}",
    ):
        assert part in str(caught.value)
    assert not (clothing / "out").exists()


def test_absent_files_left_out_and_bad_size(clothing):
    (clothing / TRAIN[3]).unlink()
    lines = []
    assert len(prepare_clothing1m(clothing, clothing / "out", skip_absent=True, say=lines.append)) == 35
    assert "noisy_train_key_list.txt: 1 of 28 keys have no file and are left out" in lines
    with pytest.raises(ConfigError, match="--size 2"):
        prepare_clothing1m(clothing, clothing / "other", size=2)

"""ISIC 2019's layout: one-hot labels, lesions kept together, lists, zip and folder, and every fault of them."""

import os
import zipfile
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data_prep.label_sets.class_split import SplitShares
from data_prep.label_sets.isic2019 import find_lists, prepare_isic2019
from data_prep.label_sets.isic2019_tables import read_one_hot
from l2b_data.errors import ConfigError, DataError
from l2b_data.samples.check import check_image_set
from tests.data_prep.published import write_image, write_table

HEADER = ["image", "MEL", "NV", "BCC", "SCC", "UNK"]
IDS = [f"ISIC_{number:07d}" for number in range(24)]
CLASS = {case: number % 3 for number, case in enumerate(IDS)}  # no image is SCC
LESION = {case: f"HAM_{number // 6}_{number % 3}" for number, case in enumerate(IDS)}  # two images each


def one_hot(number):
    return [f"{float(column == number)}" for column in range(5)]


@pytest.fixture
def isic(tmp_path):
    """images/, labels.csv, meta.csv in `tmp_path`; the images are of one value each."""
    for number, case in enumerate(IDS):
        write_image(tmp_path / "images" / f"{case}.jpg", size=(20, 30), value=10 * number)
    write_table(tmp_path / "labels.csv", HEADER, [[case, *one_hot(CLASS[case])] for case in IDS])
    write_table(
        tmp_path / "meta.csv",
        ["image", "age_approx", "lesion_id", "sex"],
        [[case, "", LESION[case], ""] for case in IDS],
    )
    return tmp_path


def prepare(root, out="out", **options):
    defaults = {"size": 16, "split": SplitShares(0.25, 0.25, 0), "metadata": root / "meta.csv"}
    return prepare_isic2019(root / "images", root / "labels.csv", root / out, **(defaults | options))


def test_lesions_stay_together(isic):
    lines = []
    made = prepare(isic, say=lines.append)
    assert made.classes == ["MEL", "NV", "BCC"]
    assert "SCC: no image, so no class of this set" in lines
    assert (made.size, made.channels, made.names) == ((16, 16), 3, IDS)
    assert made.labels.tolist() == [CLASS[case] for case in IDS]
    assert made.groups == [LESION[case] for case in IDS]
    means = made.images(range(24)).mean((1, 2, 3))
    np.testing.assert_allclose(means, 10 * np.arange(24), atol=1)
    parts = defaultdict(set)
    for group, split in zip(made.groups, made.split.tolist(), strict=True):
        parts[group].add(split)
    assert all(len(splits) == 1 for splits in parts.values())
    for split in ("val", "test"):
        assert np.bincount(made.labels[made.indices(split)]).tolist() == [2, 2, 2]
    assert [fault for fault in check_image_set(made.root)[1] if fault.kind == "leakage"] == []
    again = prepare(isic, "again")
    assert again.split.tolist() == made.split.tolist()
    others = [prepare(isic, f"seed{seed}", split=SplitShares(0.25, 0.25, seed)).split.tolist() for seed in (1, 2)]
    assert any(other != made.split.tolist() for other in others)


def test_zip_gives_the_same(isic):
    with zipfile.ZipFile(isic / "images.zip", "w") as opened:
        for case in IDS:
            opened.write(isic / "images" / f"{case}.jpg", f"ISIC_2019_Training_Input/{case}.jpg")
        opened.writestr("ISIC_2019_Training_Input/LICENSE.txt", "terms")
        opened.writestr("__MACOSX/._ISIC_0000001.jpg", "resource fork")
    made = prepare_isic2019(
        isic / "images.zip", isic / "labels.csv", isic / "zipped", size=16, split=SplitShares(), workers=3
    )
    np.testing.assert_array_equal(made.images(range(24)), prepare(isic).images(range(24)))
    assert set(made.groups) == {""}


def test_lists(isic):
    folder = isic / "lists"
    folder.mkdir()
    (folder / "train.lst").write_text("\n".join(IDS[:12]) + "\n")
    (folder / "val.lst").write_text("\n".join(IDS[12:15]))
    (folder / "test.lst").write_text("\n".join(f"{case}.jpg" for case in IDS[15:22]))
    lines = []
    made = prepare(isic, split=find_lists(folder), say=lines.append)
    assert made.names == IDS[:22]
    assert [len(made.indices(split)) for split in ("train", "val", "test")] == [12, 3, 7]
    assert "2 images in no list, left out" in lines
    assert any("warning: 3 lesions have images in two parts" in line for line in lines)
    leaks = [fault for fault in check_image_set(made.root)[1] if fault.kind == "leakage"]
    assert len(leaks) == 3

    (folder / "test.lst").write_text("\n".join([*IDS[15:18], IDS[0], "ISIC_9999999"]))
    for skip_absent in (False, True):
        with pytest.raises(DataError) as caught:
            prepare(isic, "other", split=find_lists(folder), skip_absent=skip_absent)
        assert "test.lst: twice in it, or in another list as well: ISIC_0000000" in str(caught.value)
        assert ("test.lst: 1 of 5 entries have no image: ISIC_9999999" in str(caught.value)) is not skip_absent
    (folder / "test.lst").unlink()
    with pytest.raises(DataError, match=r"no test\.lst"):
        find_lists(folder)


def test_rows_without_an_image(isic):
    for case in IDS[2:4]:
        (isic / "images" / f"{case}.jpg").unlink()
    with pytest.raises(DataError, match=r"2 of 24 entries have no image: ISIC_0000002, ISIC_0000003\s+.*--skip-absent"):
        prepare(isic)
    assert len(prepare(isic, skip_absent=True)) == 22


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (["ISIC_1", "1.0", "1.0", "0.0", "0.0", "0.0"], "line 26: .* not exactly one 1.0"),
        (["ISIC_1", "0.0", "0.0", "0.0", "0.0", "0.0"], "line 26: .* not exactly one 1.0"),
        (["ISIC_1", "nan", "1.0", "0.0", "0.0", "0.0"], "line 26: .* not exactly one 1.0"),
        (["ISIC_1", "1.0"], "line 26: .* in 5 columns"),
        (["ISIC_1", "yes", "0.0", "0.0", "0.0", "0.0"], "line 26"),
        ([IDS[0], "1.0", "0.0", "0.0", "0.0", "0.0"], "line 26: ISIC_0000000 stands twice"),
    ],
)
def test_one_hot_faults(isic, row, message):
    write_table(isic / "bad.csv", HEADER, [*([case, *one_hot(CLASS[case])] for case in IDS), row])
    with pytest.raises(DataError, match=message):
        read_one_hot(isic / "bad.csv")


def test_other_faults(isic):
    (isic / "images" / f"{IDS[4]}.jpg").write_bytes(b"\xff\xd8 cut")
    (isic / "images" / f"{IDS[7]}.jpg").write_bytes((isic / "images" / f"{IDS[7]}.jpg").read_bytes()[:200])
    with pytest.raises(DataError) as caught:
        prepare(isic)
    assert "2 of 24 images" in str(caught.value)
    assert IDS[4] in str(caught.value)
    assert IDS[7] in str(caught.value)
    assert not (isic / "out").exists()
    write_table(isic / "short.csv", ["image", "lesion_id"], [[case, "a"] for case in IDS[:-1]])
    with pytest.raises(DataError, match=f"1 image not in it: {IDS[-1]}"):
        prepare(isic, metadata=isic / "short.csv")
    with pytest.raises(ConfigError, match="--size 3"):
        prepare(isic, size=3)
    with pytest.raises(DataError, match=r"--images .*neither a folder nor a \.zip"):
        prepare_isic2019(isic / "labels.csv", isic / "labels.csv", isic / "o", size=16, split=SplitShares())
    with pytest.raises(DataError, match="needs a header line image,MEL"):
        read_one_hot(write_table(isic / "other.csv", ["name", "a", "b"], [["x", "1.0", "0.0"]]))


@pytest.mark.real
def test_real_images_and_published_lists(tmp_path):
    if "L2B_TEST_DATA" not in os.environ:
        pytest.skip("L2B_TEST_DATA names no data folder")
    folder = Path(os.environ["L2B_TEST_DATA"]) / "isic2019"
    labels, classes = read_one_hot(folder / "official_split" / "ISIC_2019_Training_GroundTruth.csv")
    assert classes == ["MEL", "NV", "BCC", "AK", "BKL", "DF", "VASC", "SCC"]
    counts = {}
    for split, path in find_lists(folder / "official_split").items():
        counts[split] = np.bincount([labels[case] for case in path.read_text().split()], minlength=8).tolist()
    assert counts == {
        "train": [3675, 10581, 2660, 653, 2108, 126, 140, 457],
        "val": [80] * 8,
        "test": [767, 2214, 583, 134, 436, 33, 33, 91],
    }
    with zipfile.ZipFile(folder / "ISIC_2019_Training_Input.zip") as opened:
        names = [name for name in opened.namelist() if name.endswith(".jpg")][:40]
        opened.extractall(tmp_path / "images", names)
    made = prepare_isic2019(
        tmp_path / "images",
        folder / "ISIC_2019_Training_GroundTruth.csv",
        tmp_path / "out",
        size=64,
        split=SplitShares(0.3, 0, 0),
        metadata=folder / "ISIC_2019_Training_Metadata.csv",
        skip_absent=True,
    )
    assert len(made) == 40
    whole = Image.open(tmp_path / "images" / names[0]).resize((64, 64), Image.Resampling.BILINEAR)
    np.testing.assert_array_equal(made.images([made.names.index(Path(names[0]).stem)])[0], np.asarray(whole))

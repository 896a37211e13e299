"""Decathlon, nnU-Net and ISIC layouts into prepared data sets."""

import json
import os
import zipfile
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from PIL import Image

from data_prep.mask_sets.isic_lesions import prepare_isic_lesions
from data_prep.mask_sets.msd import prepare_msd
from data_prep.mask_sets.nnunet import prepare_nnunet
from data_prep.own_cases.label_values import parse_label_values
from data_prep.own_cases.split import SplitOptions
from l2b_data.cases.check.data_set import check_dataset
from l2b_data.errors import DataError
from l2b_data.images.volume import read_volume, write_volume
from tests.data_prep.own_data import volume_pair, write_pictures

SMALL = SplitOptions(meta_count=1)
NAMES = [f"a{number}" for number in range(6)]


def write_msd(root, *, change=None):
    """A Decathlon folder of 4-D images with two modalities; `change` edits the table before it is written."""
    for number, name in enumerate(NAMES):
        channels, labels = volume_pair(number, channels=2)
        write_volume(labels, root / "labelsTr" / f"{name}.nii.gz")
        (root / "imagesTr").mkdir(exist_ok=True)
        grid = nib.load(root / "labelsTr" / f"{name}.nii.gz")
        stacked = np.stack([channel.array.transpose(2, 1, 0) for channel in channels], axis=-1)
        image = nib.Nifti1Image(stacked, grid.affine)
        image.header.set_xyzt_units("mm")
        nib.save(image, root / "imagesTr" / f"{name}.nii.gz")
    info = {
        "name": "Toy",
        "modality": {"0": "T2", "1": "ADC"},
        "labels": {"0": "background", "1": "left", "2": "right"},
        "training": [{"image": f"./imagesTr/{name}.nii.gz", "label": f"./labelsTr/{name}.nii.gz"} for name in NAMES],
        "test": ["./imagesTs/b.nii.gz"],
    }
    if change:
        change(info)
    (root / "dataset.json").write_text(json.dumps(info))
    return root


def test_msd(tmp_path):
    lines = []
    dataset = prepare_msd(write_msd(tmp_path / "raw"), tmp_path / "out", split=SMALL, say=lines.append)
    assert dataset.channels == ["T2", "ADC"]
    assert dataset.labels == {"background": 0, "left": 1, "right": 2}
    assert dataset.spacing_unit == "mm"
    for number, case in enumerate(NAMES):
        channels, labels = volume_pair(number, channels=2)
        for channel, path in zip(channels, dataset.image_paths(case), strict=True):
            np.testing.assert_array_equal(read_volume(path).array, channel.array)
            assert read_volume(path).same_grid(labels, tolerance_mm=1e-5) == []
        np.testing.assert_array_equal(read_volume(dataset.label_path(case)).array, labels.array)
    assert any("1 test images without masks are left out" in line for line in lines)
    assert check_dataset(dataset) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda info: info["training"][0].update(image="../a0.nii.gz"), "'../a0.nii.gz' is not a path inside"),
        (lambda info: info["training"][0].update(label="/etc/passwd"), "'/etc/passwd' is not a path inside"),
        (lambda info: info["training"].append(info["training"][0]), "a0: stands twice"),
        (lambda info: info["training"].append("a"), "has no image and label"),
        (lambda info: info["training"][2].update(label="labelsTr/zz.nii.gz"), "zz.nii.gz: no such file"),
        (lambda info: info.pop("training"), "no list of training pairs"),
        (lambda info: info.update(modality={"1": "T2"}), "modality"),
        (lambda info: info.update(modality={"0": "T2"}), "the images have 2 channels"),
        (lambda info: info.update(labels={"0": "background", "1": "left"}), "holds 2; named are background 0, left 1"),
        (lambda info: info.update(labels={"1": "left", "2": "right"}), "background must be 0"),
    ],
)
def test_msd_that_is_wrong(tmp_path, change, message):
    with pytest.raises(Exception, match=message) as caught:
        prepare_msd(write_msd(tmp_path / "raw", change=change), tmp_path / "out", split=SMALL)
    assert caught.value.exit_code in (2, 3)
    assert [path.name for path in tmp_path.iterdir()] == ["raw"]


def write_nnunet(root, *, labels=None, pictures=False, **more):
    """nnU-Net's raw folder: volumes of two channels as .mha, or colour pictures as .png."""
    if pictures:
        images, masks = write_pictures(root, NAMES, value=1)
        images.rename(root / "imagesTr")
        masks.rename(root / "labelsTr")
        for path in sorted((root / "imagesTr").iterdir()):
            path.rename(path.with_name(f"{path.stem}_0000.png"))
    else:
        for number, name in enumerate(NAMES):
            channels, mask = volume_pair(number, channels=2)
            write_volume(mask, root / "labelsTr" / f"{name}.mha")
            for channel, volume in enumerate(channels):
                write_volume(volume, root / "imagesTr" / f"{name}_{channel:04d}.mha")
    channel_names = {"0": "R", "1": "G", "2": "B"} if pictures else {"0": "T2", "1": "ADC"}
    info = {"channel_names": channel_names, "labels": labels, "numTraining": 6, "file_ending": ".mha"}
    (root / "dataset.json").write_text(json.dumps(info | more))
    return root


def test_nnunet(tmp_path):
    lines = []
    raw = write_nnunet(tmp_path / "raw", labels={"background": 0, "left": 1, "right": 2}, numTraining=9)
    (raw / "imagesTs").mkdir()
    dataset = prepare_nnunet(raw, tmp_path / "out", split=SMALL, say=lines.append)
    assert dataset.channels == ["T2", "ADC"]
    assert dataset.classes == {"left": 1, "right": 2}
    assert sorted(dataset.cases) == NAMES
    assert any("imagesTs is left out" in line for line in lines)
    assert any("counts 9 training cases, found are 6" in line for line in lines)
    assert check_dataset(dataset) == []


def test_nnunet_pictures(tmp_path):
    raw = write_nnunet(tmp_path / "raw", labels={"background": 0, "cell": 1}, pictures=True)
    dataset = prepare_nnunet(raw, tmp_path / "out", split=SMALL)
    assert dataset.channels == ["R", "G", "B"]
    assert read_volume(dataset.image_path("a0", 2)).array.shape == (1, 40, 56)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ({"background": 0, "left": 1, "ignore": 2}, "an ignore label"),
        ({"background": 0, "both": [1, 2], "right": 2}, "regions"),
        (None, "is no table"),
    ],
)
def test_nnunet_labels_that_need_a_word(tmp_path, labels, message):
    raw = write_nnunet(tmp_path / "raw", labels=labels)
    with pytest.raises(DataError, match=f"{message}.*--label-values"):
        prepare_nnunet(raw, tmp_path / "out", split=SMALL)
    values = parse_label_values("background=0+2,left=1")
    dataset = prepare_nnunet(raw, tmp_path / "out", split=SMALL, label_values=values)
    np.testing.assert_array_equal(read_volume(dataset.label_path("a0")).array, volume_pair(0)[1].array == 1)


def test_layouts_taken_for_each_other(tmp_path):
    with pytest.raises(DataError, match="use `prepare nnunet`"):
        prepare_msd(write_nnunet(tmp_path / "n", labels={"background": 0, "a": 1}), tmp_path / "out", split=SMALL)
    with pytest.raises(DataError, match="use `prepare msd`"):
        prepare_nnunet(write_msd(tmp_path / "m"), tmp_path / "out", split=SMALL)
    with pytest.raises(DataError, match="name the folder that holds"):
        prepare_msd(tmp_path, tmp_path / "out", split=SMALL)


def write_isic(root, count=12, *, zipped=False):
    """Pictures of 30 x 40 pixels, masks of 60 x 80, and a table with two pictures a lesion, some without a number."""
    names = [f"ISIC_{number:07d}" for number in range(count)]
    images, masks = write_pictures(root, names, suffix=".jpg", ending="_segmentation", shape=(30, 40))
    for path in masks.iterdir():
        mask = np.asarray(Image.open(path))
        Image.fromarray(np.repeat(np.repeat(mask, 2, 0), 2, 1)).save(path)
    rows = [f"{name},{'' if number > 8 else f'L{number // 2}'}" for number, name in enumerate(names)]
    (root / "metadata.csv").write_text("image,lesion_id\n" + "\n".join(rows))
    if zipped:
        for folder in (images, masks):
            with zipfile.ZipFile(root / f"{folder.name}.zip", "w") as archive:
                for path in sorted(folder.iterdir()):
                    archive.write(path, f"{folder.name}/{path.name}")
        images, masks = root / "images.zip", root / "masks.zip"
    return images, masks, root / "metadata.csv"


@pytest.mark.parametrize("zipped", [False, True])
def test_isic_lesions(tmp_path, zipped):
    images, masks, table = write_isic(tmp_path / "raw", zipped=zipped)
    dataset = prepare_isic_lesions(images, masks, tmp_path / "out", split=SMALL, metadata=table)
    assert dataset.channels == ["R", "G", "B"]
    assert dataset.classes == {"lesion": 1}
    assert len(dataset.cases) == 12
    assert len(dataset.groups) == 9
    for case in dataset.cases:
        mask = read_volume(dataset.label_path(case)).array
        assert mask.shape == (1, 30, 40)
        stored = np.asarray(Image.open(tmp_path / "raw" / "masks" / f"{case}_segmentation.png"))
        np.testing.assert_array_equal(mask[0], stored[::2, ::2] > 0)
    assert check_dataset(dataset) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "raw"]


def test_isic_limit_and_missing_ones(tmp_path):
    images, masks, table = write_isic(tmp_path / "raw")
    (masks / "ISIC_0000001_segmentation.png").unlink()
    lines = []
    dataset = prepare_isic_lesions(
        images, masks, tmp_path / "out", split=SMALL, metadata=table, limit=7, say=lines.append
    )
    assert len(dataset.cases) == 7
    assert "1 of 12 images have no mask and are left out" in lines
    table.write_text("image,lesion_id\nISIC_0000000,L0\n")
    with pytest.raises(DataError, match="10 images not in it: ISIC_0000002"):
        prepare_isic_lesions(images, masks, tmp_path / "other", split=SMALL, metadata=table)
    with pytest.raises(DataError, match=r"--masks .*no file named like"):
        prepare_isic_lesions(images, images, tmp_path / "other", split=SMALL)


@pytest.mark.real
def test_isic_as_published(tmp_path):
    root = Path(os.environ.get("L2B_TEST_DATA", "")) / "isic2019"
    if not (root / "lesion_masks.zip").is_file():
        pytest.skip("L2B_TEST_DATA has no isic2019/lesion_masks.zip")
    dataset = prepare_isic_lesions(
        root / "ISIC_2019_Training_Input.zip",
        root / "lesion_masks.zip",
        tmp_path / "out",
        split=SplitOptions(meta_count=4),
        metadata=root / "ISIC_2019_Training_Metadata.csv",
        limit=30,
    )
    assert len(dataset.cases) == 30
    shares = [float(read_volume(dataset.label_path(case)).array.mean()) for case in dataset.cases]
    assert 0.05 < np.mean(shares) < 0.6
    assert check_dataset(dataset) == []

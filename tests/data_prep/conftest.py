"""Small data in PROMISE12's layout, made on the spot."""

import numpy as np
import pytest
import SimpleITK as sitk
from scipy import ndimage

from l2b_data.cases.dataset import Dataset, write_dataset_files
from l2b_data.images.volume import Volume, write_volume


def gland(shape=(6, 64, 64), *, seed=0):
    """A mask (D, H, W): an ellipse that shrinks towards the ends, none in the first slice."""
    depth, height, width = shape
    rng = np.random.default_rng(seed)
    centre = np.array([height, width]) / 2 + rng.uniform(-3, 3, 2)
    rows, columns = np.ogrid[:height, :width]
    mask = np.zeros(shape, np.uint8)
    for index in range(1, depth):
        size = np.sin(np.pi * index / depth) * rng.uniform(0.9, 1.1)
        radii = size * 0.22 * height, size * 0.28 * width
        mask[index] = ((rows - centre[0]) / radii[0]) ** 2 + ((columns - centre[1]) / radii[1]) ** 2 <= 1
    return mask


def picture(mask, *, seed=0):
    """An image (D, H, W) int16 on which the gland is brighter."""
    noise = np.random.default_rng([seed, 7]).normal(0, 20, mask.shape)
    return (100 + 80 * mask + noise).astype(np.int16)


def write_image(path, array, spacing_xyz=(0.6, 0.6, 3.6), *, compressed=False):
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(spacing_xyz)
    sitk.WriteImage(image, str(path), useCompression=compressed)


@pytest.fixture
def challenge(tmp_path):
    """Write a folder of challenge files: `challenge([0, 1], spacing_xyz=...)` -> its path."""

    def make(numbers, *, name="raw", spacing_xyz=(0.6, 0.6, 3.6), compressed=True, shape=(6, 64, 64)):
        folder = tmp_path / name
        folder.mkdir()
        for number in numbers:
            mask = gland(shape, seed=number)
            write_image(
                folder / f"Case{number:02d}.mhd", picture(mask, seed=number), spacing_xyz, compressed=compressed
            )
            write_image(folder / f"Case{number:02d}_segmentation.mhd", mask, spacing_xyz, compressed=compressed)
        return folder

    return make


@pytest.fixture
def prepared(tmp_path):
    """Write a prepared data set: `prepared(train=4)` -> Dataset; two meta and one test case besides.

    shapes: of the cases in turn, instead of one `shape`. cores: the middle of each gland is a class of its own.
    """

    def make(train=4, *, shape=(8, 96, 96), shapes=None, cores=False, spacing_unit="voxel", name="data"):
        root = tmp_path / name
        cases = [f"case{number}" for number in range(train + 3)]
        for number, case in enumerate(cases):
            mask = gland(shapes[number % len(shapes)] if shapes else shape, seed=number)
            if cores:
                mask += ndimage.binary_erosion(mask, np.ones((1, 9, 9))).astype(np.uint8)
            grid = Volume(mask, (3.0, 0.5, 0.5), spacing_known=True)
            write_volume(grid.with_array(picture(mask, seed=number)), root / "imagesTr" / f"{case}_0000.nii.gz")
            write_volume(grid, root / "labelsTr" / f"{case}.nii.gz")
        write_dataset_files(
            root,
            name="Toy",
            channels=["T2"],
            labels={"background": 0, "rim": 1, "core": 2} if cores else {"background": 0, "prostate": 1},
            splits={"train": cases[:train], "meta": cases[train : train + 2], "test": cases[train + 2 :]},
            spacing_unit=spacing_unit,
            how={"text": "by hand"},
            source={},
        )
        return Dataset.open(root)

    return make

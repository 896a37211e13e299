"""NRRD files with a fourth axis, and Slicer's segmentations."""

import numpy as np
import pytest

from l2b_data.errors import DataError
from l2b_data.images.image_files import file_stem, read_label_map
from l2b_data.images.volume import read_volume

ARRAY = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
SPACE = "space: left-posterior-superior\nspace directions: {} (1,0,0) (0,1,0) (0,0,3) {}\nspace origin: (1,2,3)\n"


def write(path, sizes, directions=("", ""), more="", data=ARRAY):
    axes = len(sizes.split())
    space = SPACE.format(*directions).replace(":  ", ": ").replace(" \n", "\n")
    if axes == 4:
        space += "kinds: " + " ".join(["list", "domain", "domain", "domain"][:: 1 if directions[0] else -1]) + "\n"
    head = f"NRRD0004\ntype: uchar\ndimension: {axes}\nsizes: {sizes}\nencoding: raw\n{space}{more}\n"
    path.write_bytes(head.encode() + data.tobytes())
    return path


@pytest.mark.parametrize(("sizes", "directions"), [("4 3 2 1", ("", "none")), ("1 4 3 2", ("none", ""))])
def test_a_fourth_axis_of_one_is_none(tmp_path, sizes, directions):
    volume = read_volume(write(tmp_path / "a.nrrd", sizes, directions))
    np.testing.assert_array_equal(volume.array, ARRAY)
    assert (volume.spacing_mm, volume.origin) == ((3.0, 1.0, 1.0), (1.0, 2.0, 3.0))


def test_a_segmentation_of_one_layer(tmp_path):
    names = "".join(f"Segment{number}_Name:={'x' * 1000}\n" for number in range(100))
    path = write(tmp_path / "case.seg.nrrd", "4 3 2", more=names + "Segmentation_ReferenceImageExtentOffset:=0 0 0\n")
    volume = read_label_map(path)
    np.testing.assert_array_equal(volume.array, ARRAY)
    assert volume.notes == ()
    assert file_stem(path) == "case"


def test_a_cropped_segmentation_is_noted(tmp_path):
    crop = "Segmentation_ReferenceImageExtentOffset:=5 0 2\n"
    (note,) = read_label_map(write(tmp_path / "case.seg.nrrd", "4 3 2", more=crop)).notes
    assert note.startswith("Slicer stored it cropped to its segments; ")


def test_layers_are_refused_with_the_way_out(tmp_path):
    two = np.stack([ARRAY, ARRAY], -1)
    with pytest.raises(DataError, match=r"Slicer's segmentation in 2 layers.*export it as a labelmap"):
        read_volume(write(tmp_path / "a.seg.nrrd", "2 4 3 2", ("none", ""), "Segment0_Name:=one\n", two))
    with pytest.raises(DataError, match="numbers on 2 or 3 axes are read"):
        read_volume(write(tmp_path / "a.nrrd", "2 4 3 2", ("none", ""), data=two))

"""MetaImage's lesser forms: slices in files of their own, four axes, long headers."""

import numpy as np
import pytest

from l2b_data.errors import DataError
from l2b_data.images.volume import read_volume

ARRAY = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
HEADER = "NDims = 3\nDimSize = 4 3 2\nElementSpacing = 1 1 3\nElementType = MET_UCHAR\n"


def write(folder, last, header=HEADER, data=b"", name="a.mhd"):
    (folder / name).write_bytes((header + f"ElementDataFile = {last}\n").encode() + data)
    return folder / name


@pytest.mark.parametrize("last", ["LIST\ns1.raw\ns3.raw", "s%d.raw 1 3 2", "s%01d.raw 1 3 2"])
def test_slices_in_files_of_their_own(tmp_path, last):
    for name, one in zip(("s1.raw", "s3.raw"), ARRAY, strict=True):
        (tmp_path / name).write_bytes(one.tobytes())
    volume = read_volume(write(tmp_path, last))
    np.testing.assert_array_equal(volume.array, ARRAY)
    assert volume.spacing_mm == (3.0, 1.0, 1.0)
    (tmp_path / "s3.raw").write_bytes(ARRAY[1].tobytes()[:-1])
    with pytest.raises(DataError, match=r"s3\.raw: truncated: 11 bytes of the 12"):
        read_volume(tmp_path / "a.mhd")
    (tmp_path / "s3.raw").unlink()
    with pytest.raises(DataError, match=r"its data file s3\.raw is not beside it"):
        read_volume(tmp_path / "a.mhd")


def test_files_that_hold_no_whole_slices_are_refused(tmp_path):
    for last, header in (("LIST\na\nb\nc\nd\ne", HEADER), ("LIST\na\nb", "CompressedData = True\n" + HEADER)):
        for name in "abcde":
            (tmp_path / name).write_bytes(bytes(12))
        with pytest.raises(DataError, match="data files that are compressed or cut slices apart; save it as one"):
            read_volume(write(tmp_path, last, header))


@pytest.mark.parametrize(
    ("last", "header"),
    [
        ("Local", HEADER),
        ("LOCAL", HEADER + "Comment = one\nComment = two\n"),
        ("LOCAL", HEADER + "".join(f"Key{number} = {'x' * 100}\n" for number in range(1000))),
        ("LOCAL", "NDims = 4\nDimSize = 4 3 2 1\nElementSpacing = 1 1 3 1\nElementType = MET_UCHAR\n"),
    ],
)
def test_what_is_read_like_the_plain_form(tmp_path, last, header):
    volume = read_volume(write(tmp_path, last, header, ARRAY.tobytes(), "a.mha"))
    np.testing.assert_array_equal(volume.array, ARRAY)
    assert (volume.spacing_mm, len(volume.direction)) == ((3.0, 1.0, 1.0), 9)


def test_what_has_to_be_converted_says_so(tmp_path):
    rgb = HEADER + "ElementNumberOfChannels = 3\n"
    with pytest.raises(DataError, match="3 channels a voxel; one is read, so save each as a file of its own"):
        read_volume(write(tmp_path, "LOCAL", rgb))
    with pytest.raises(DataError, match=r"only binary data are read, so save it as \.nii\.gz"):
        read_volume(write(tmp_path, "LOCAL", HEADER + "BinaryData = False\n"))
    four = "NDims = 4\nDimSize = 4 3 2 5\nElementType = MET_UCHAR\n"
    with pytest.raises(DataError, match="DimSize = 4 3 2 5; 2 or 3 axes are read"):
        read_volume(write(tmp_path, "LOCAL", four))

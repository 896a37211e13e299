"""Guards before a reader: what a checked header promises, and each refusal in its own words."""

import gzip
import zlib

import pytest

from l2b_data.errors import DataError
from l2b_data.images.formats import headers
from l2b_data.images.formats.headers import Header, check_size, check_voxels, gzip_size
from l2b_data.images.formats.meta_image import check_meta_image
from l2b_data.images.formats.nrrd import check_nrrd

META = "NDims = 3\nDimSize = 4 3 2\nElementType = MET_SHORT\n"
NRRD = "NRRD0004\ntype: short\ndimension: 3\nsizes: 4 3 2\nencoding: {}\n{}\n"
BYTES = bytes(range(48))


def write(path, text, data=b""):
    path.write_bytes(text.encode() + data)
    return path


def test_the_promise_of_a_meta_image(tmp_path):
    plain = write(tmp_path / "a.mha", META + "ElementDataFile = LOCAL\n", BYTES)
    assert check_meta_image(plain) == Header((4, 3, 2), False, "mm")
    spaced = META + "ElementSpacing = 1 1 3\nDistanceUnits = um\nCompressedData = True\nElementDataFile = LOCAL\n"
    found = check_meta_image(write(tmp_path / "b.mha", spaced, zlib.compress(BYTES)))
    assert (found.shape_xyz, found.spacing_known) == ((4, 3, 2), True)
    assert found.unit != "mm"
    ends = write(tmp_path / "c.mha", META + "HeaderSize = -1\nElementDataFile = LOCAL\n", b"more" + BYTES)
    assert check_meta_image(ends).shape_xyz == (4, 3, 2)


@pytest.mark.parametrize("name", ["../secret.raw", "/etc/passwd", "C:\\x.raw", "a%sb.raw", "LIST", ".."])
def test_a_data_file_is_a_plain_name_beside_its_header(tmp_path, name):
    with pytest.raises(DataError, match="is not a plain file name"):
        check_meta_image(write(tmp_path / "a.mhd", META + f"ElementDataFile = {name}\n"))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (zlib.compress(BYTES)[:-9], "truncated compressed data|damaged compressed data"),
        (zlib.compress(bytes(4_000_000)), "decompresses to more than the 48 bytes"),
        (b"no stream at all", "damaged compressed data"),
    ],
)
def test_compressed_data_are_read_to_their_end(tmp_path, data, message):
    header = META + "CompressedData = True\nElementDataFile = LOCAL\n"
    with pytest.raises(DataError, match=message):
        check_meta_image(write(tmp_path / "a.mha", header, data))


def test_the_promise_of_a_nrrd_and_its_refusals(tmp_path):
    raw = write(tmp_path / "a.nrrd", NRRD.format("raw", "spacings: 1 1 3\n"), BYTES)
    assert check_nrrd(raw) == Header((4, 3, 2), True, "mm")
    packed = write(tmp_path / "b.nrrd", NRRD.format("gzip", ""), gzip.compress(BYTES))
    assert check_nrrd(packed) == Header((4, 3, 2), False, "mm")
    windows = write(tmp_path / "c.nrrd", NRRD.format("raw", "").replace("\n", "\r\n"), BYTES)
    assert check_nrrd(windows).shape_xyz == (4, 3, 2)
    for text, message in (
        (NRRD.format("ascii", ""), "encoding ascii; raw and gzip are read"),
        (NRRD.format("raw", "data file: a.raw\n"), "in another file"),
        (NRRD.format("raw", 'space units: "mm" "mm" "um"\n'), "axes in several units"),
        (NRRD.format("raw", "").replace("sizes: 4 3 2\n", ""), "has no sizes"),
        (NRRD.format("raw", "").replace("4 3 2", "4 three 2"), "not a list of whole numbers"),
    ):
        with pytest.raises(DataError, match=message):
            check_nrrd(write(tmp_path / "d.nrrd", text, BYTES))


def test_sizes_and_caps(tmp_path, monkeypatch):
    assert check_voxels(tmp_path, (4, 3, 2)) == 24
    with pytest.raises(DataError, match="every length must be at least 1"):
        check_voxels(tmp_path, (4, 0, 2))
    monkeypatch.setattr(headers, "MAX_VOXELS", 23)
    with pytest.raises(DataError, match="more than the cap of 23"):
        check_voxels(tmp_path, (4, 3, 2))
    check_size(tmp_path, 50, 48, exact=False)
    with pytest.raises(DataError, match="do not fit"):
        check_size(tmp_path, 50, 48, exact=True)
    with pytest.raises(DataError, match="truncated: 40 bytes of the 48"):
        check_size(tmp_path, 40, 48, exact=False)


def test_a_gzip_stream_is_read_to_its_checksum(tmp_path):
    whole = gzip.compress(BYTES)
    assert gzip_size(write(tmp_path / "a.gz", "head", whole), 48, skip=4) == 48
    flipped = bytearray(whole)
    flipped[-6] ^= 1  # in the checksum
    for content in (bytes(flipped), whole[:-4]):
        with pytest.raises(DataError, match="damaged or truncated gzip stream"):
            gzip_size(write(tmp_path / "b.gz", "", content), 48)
    with pytest.raises(DataError, match="decompresses to more than"):
        gzip_size(write(tmp_path / "c.gz", "", gzip.compress(bytes(3_000_000))), 48)

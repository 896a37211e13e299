"""Checks of image files before a reader sees them.

SimpleITK reads a half-truncated .nii, .nii.gz or .raw without an exception (half the voxels wrong), follows an
`ElementDataFile` anywhere on the disk, and takes a missing spacing for 1; nibabel stops reading a .gz after the bytes
it needs, so a flipped byte passes without its checksum being read. So: sizes against the header, compressed streams to
their end, a cap on the number of voxels, and plain file names only.
"""

import gzip
import math
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

from l2b_data.errors import DataError
from l2b_data.images.units import unit_of

MAX_VOXELS = 2**31
_MAX_HEADER_BYTES = 65536
_MAX_NAME = 200
_CHUNK = 1 << 20
_SLACK = 1 << 20  # bytes past the last voxel that a compressed stream may hold before it counts as a bomb

_META_TYPES = {
    **dict.fromkeys(("MET_CHAR", "MET_UCHAR"), 1),
    **dict.fromkeys(("MET_SHORT", "MET_USHORT"), 2),
    **dict.fromkeys(("MET_INT", "MET_UINT", "MET_LONG", "MET_ULONG"), 4),
    **dict.fromkeys(("MET_LONG_LONG", "MET_ULONG_LONG"), 8),
    "MET_FLOAT": 4,
    "MET_DOUBLE": 8,
}
_NRRD_TYPES = {
    **dict.fromkeys(("signed char", "int8", "int8_t", "uchar", "unsigned char", "uint8", "uint8_t"), 1),
    **dict.fromkeys(("short", "short int", "signed short", "int16", "int16_t"), 2),
    **dict.fromkeys(("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"), 2),
    **dict.fromkeys(("int", "signed int", "int32", "int32_t", "uint", "unsigned int", "uint32", "uint32_t"), 4),
    **dict.fromkeys(("longlong", "long long", "int64", "int64_t", "ulonglong", "unsigned long long"), 8),
    **dict.fromkeys(("uint64", "uint64_t", "double"), 8),
    "float": 4,
}


@dataclass(frozen=True)
class Header:
    """What a checked header promises: `shape_xyz` in file order (fastest axis first), whether it has a spacing, and the
    unit of its distances, a key of `units.MM`.
    """

    shape_xyz: tuple[int, ...]
    spacing_known: bool
    unit: str


def check_voxels(path: Path, shape: tuple[int, ...]) -> int:
    """Number of voxels of `shape`; `DataError` where a length is not positive or the product passes the cap."""
    size, voxels = "x".join(map(str, shape)), math.prod(shape)
    if any(length < 1 for length in shape):
        raise DataError(f"{path}: the header asks for size {size}; every length must be at least 1")
    if voxels > MAX_VOXELS:
        raise DataError(
            f"{path}: the header asks for {size} = {voxels:,} voxels, more than the cap of "
            f"{MAX_VOXELS:,}; the header is damaged, or the volume must be cropped first"
        )
    return voxels


def check_size(path: Path, found: int, expected: int, *, exact: bool) -> None:
    """`DataError` where a file holds fewer bytes than its header asks for (or, with `exact`, more)."""
    if found < expected:
        raise DataError(f"{path}: truncated: {found:,} bytes of the {expected:,} its header asks for; copy it again")
    if exact and found > expected:
        raise DataError(f"{path}: {found:,} bytes where its header asks for {expected:,}; header and data do not fit")


def gzip_size(path: Path, limit: int, *, skip: int = 0) -> int:
    """Decompressed bytes of a gzip stream that starts at byte `skip`, read to its end so that its checksum is compared.

    Raises `DataError` for a damaged or cut stream, and for one that goes on past `limit` bytes and some slack.
    """
    total = 0
    try:
        with open(path, "rb") as raw:
            raw.seek(skip)
            with gzip.open(raw) as stream:
                while chunk := stream.read(_CHUNK):
                    total += len(chunk)
                    if total > limit + _SLACK:
                        raise DataError(f"{path}: decompresses to more than the {limit:,} bytes its header asks for")
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path}: damaged or truncated gzip stream ({error}); copy the file again") from error
    return total


def _zlib_size(path: Path, limit: int, skip: int) -> int:
    """Decompressed bytes of a zlib (or gzip) stream that starts at byte `skip`; errors as `gzip_size`."""
    stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    total = 0
    try:
        with open(path, "rb") as handle:
            handle.seek(skip)
            while not stream.eof and (chunk := handle.read(_CHUNK)):
                while chunk and not stream.eof:
                    total += len(stream.decompress(chunk, _CHUNK))
                    chunk = stream.unconsumed_tail
                    if total > limit:
                        raise DataError(f"{path}: decompresses to more than the {limit:,} bytes its header asks for")
    except zlib.error as error:
        raise DataError(f"{path}: damaged compressed data ({error}); copy the file again") from error
    if not stream.eof:
        raise DataError(f"{path}: truncated compressed data: {total:,} of {limit:,} bytes; copy the file again")
    return total


def _integers(path: Path, key: str, text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split())
    except ValueError:
        raise DataError(f"{path}: {key} = {text!r} is not a list of whole numbers") from None


def _meta_fields(path: Path) -> tuple[dict[str, str], int]:
    """Fields of a MetaImage header up to ElementDataFile, and the byte after that line."""
    with open(path, "rb") as handle:
        text = handle.read(_MAX_HEADER_BYTES)
    fields: dict[str, str] = {}
    position = 0
    while position < len(text):
        end = text.find(b"\n", position)
        line = text[position : end if end >= 0 else len(text)].decode("latin-1").strip()
        position = end + 1 if end >= 0 else len(text)
        if not line:
            continue
        key, separator, value = (part.strip() for part in line.partition("="))
        if not separator:
            raise DataError(f"{path}: not a MetaImage header: line {line[:40]!r} has no '='")
        if key in fields:
            raise DataError(f"{path}: {key} stands twice in the header")
        fields[key] = value
        if key == "ElementDataFile":
            return fields, position
    raise DataError(f"{path}: not a MetaImage header: no ElementDataFile")


def check_meta_image(path: Path) -> Header:
    """Check a .mhd or .mha file: header fields, the name of its data file, and the data's (decompressed) size."""
    fields, data_start = _meta_fields(path)
    if missing := [key for key in ("NDims", "DimSize", "ElementType") if key not in fields]:
        raise DataError(f"{path}: the MetaImage header has no {', '.join(missing)}")
    shape = _integers(path, "DimSize", fields["DimSize"])
    if _integers(path, "NDims", fields["NDims"]) != (len(shape),) or len(shape) not in (2, 3):
        raise DataError(f"{path}: NDims = {fields['NDims']}, DimSize = {fields['DimSize']}; 2 or 3 axes are read")
    if fields["ElementType"] not in _META_TYPES:
        raise DataError(f"{path}: ElementType = {fields['ElementType']} is not one of {', '.join(_META_TYPES)}")
    if fields.get("ElementNumberOfChannels", "1") != "1":
        raise DataError(f"{path}: {fields['ElementNumberOfChannels']} channels a voxel; one is read")
    if fields.get("BinaryData", "True").lower() != "true":
        raise DataError(f"{path}: BinaryData = {fields['BinaryData']}; only binary data are read")
    expected = check_voxels(path, shape) * _META_TYPES[fields["ElementType"]]
    data, skip = _meta_data_file(path, fields["ElementDataFile"], data_start)
    if fields.get("CompressedData", "False").lower() == "true":
        check_size(data, _zlib_size(data, expected, skip), expected, exact=True)
    else:
        offset = _integers(path, "HeaderSize", fields.get("HeaderSize", "0"))[0]
        exact = offset >= 0  # -1: the data are the last bytes of the file
        check_size(data, data.stat().st_size - skip - max(offset, 0), expected, exact=exact)
    known = "ElementSpacing" in fields or "ElementSize" in fields
    return Header(shape, known, unit_of([fields.get("DistanceUnits", "mm")]) or "mm")


def _meta_data_file(path: Path, name: str, data_start: int) -> tuple[Path, int]:
    if name == "LOCAL":
        return path, data_start
    if name in ("", "LIST", ".", "..") or len(name) > _MAX_NAME or any(mark in name for mark in "/\\%:\0"):
        way_out = "put the data file beside its header and name it without a folder"
        raise DataError(f"{path}: ElementDataFile = {name[:_MAX_NAME]!r} is not a plain file name; {way_out}")
    data = path.with_name(name)
    if not data.is_file():
        raise DataError(f"{path}: its data file {name} is not beside it")
    return data, 0


def check_nrrd(path: Path) -> Header:
    """Check an attached .nrrd file (raw or gzip encoding): header fields and the data's (decompressed) size."""
    with open(path, "rb") as handle:
        text = handle.read(_MAX_HEADER_BYTES)
    head, blank, _ = text.replace(b"\r\n", b"\n").partition(b"\n\n")
    skip = min(at + len(mark) for mark in (b"\n\n", b"\r\n\r\n") if (at := text.find(mark)) >= 0) if blank else 0
    lines = head.decode("utf-8", "replace").split("\n")
    if not blank or not lines[0].startswith("NRRD"):
        raise DataError(f"{path}: not an attached NRRD file")
    pairs = [line.lower().partition(":") for line in lines[1:] if ":" in line and not line.startswith("#")]
    fields = {key.strip(): value.strip() for key, _, value in pairs}
    if {"data file", "datafile"} & fields.keys():
        raise DataError(f"{path}: its data stand in another file; convert it to one .nrrd or .nii.gz")
    if missing := [key for key in ("sizes", "type", "encoding") if key not in fields]:
        raise DataError(f"{path}: the NRRD header has no {', '.join(missing)}")
    shape = _integers(path, "sizes", fields["sizes"])
    if len(shape) not in (2, 3) or fields["type"] not in _NRRD_TYPES:
        raise DataError(f"{path}: sizes {fields['sizes']}, type {fields['type']}; numbers on 2 or 3 axes are read")
    expected = check_voxels(path, shape) * _NRRD_TYPES[fields["type"]]
    if fields["encoding"] == "raw":
        check_size(path, path.stat().st_size - skip, expected, exact=False)
    elif fields["encoding"] in ("gzip", "gz"):
        check_size(path, gzip_size(path, expected, skip=skip), expected, exact=False)
    else:
        raise DataError(f"{path}: encoding {fields['encoding']}; raw and gzip are read")
    units = re.findall(r'"([^"]*)"', fields.get("space units", fields.get("units", "")))
    unit = unit_of(units)
    if unit is None:
        raise DataError(f"{path}: axes in several units ({', '.join(units)}); give them all in mm")
    return Header(shape, bool({"spacings", "space directions"} & fields.keys()), unit)

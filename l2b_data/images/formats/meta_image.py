"""MetaImage headers (.mhd, .mha), checked before a reader follows them."""

import re
from pathlib import Path

from l2b_data.errors import DataError
from l2b_data.images.formats.content import by_content
from l2b_data.images.formats.headers import MAX_HEADER_BYTES, Header, check_size, check_voxels, integers, zlib_size
from l2b_data.images.units import unit_of

_MAX_NAME = 200
_MAX_FILES = 10_000
_TYPES = {
    **dict.fromkeys(("MET_CHAR", "MET_UCHAR"), 1),
    **dict.fromkeys(("MET_SHORT", "MET_USHORT"), 2),
    **dict.fromkeys(("MET_INT", "MET_UINT", "MET_LONG", "MET_ULONG"), 4),
    **dict.fromkeys(("MET_LONG_LONG", "MET_ULONG_LONG"), 8),
    "MET_FLOAT": 4,
    "MET_DOUBLE": 8,
}
_PATTERN = re.compile(r"([^%\s]*%0?\d{0,2}d[^%\s]*)((?: +\d+){0,3})")


def check_meta_image(path: Path) -> Header:
    """Check a .mhd or .mha file: header fields, the names of its data files, and the data's (decompressed) size."""
    fields, data_start = _fields(path)
    if missing := [key for key in ("NDims", "DimSize", "ElementType") if key not in fields]:
        raise DataError(f"{path}: the MetaImage header has no {', '.join(missing)}")
    shape = integers(path, "DimSize", fields["DimSize"])
    axes = len(shape) - (len(shape) == 4 and shape[-1] == 1)
    if integers(path, "NDims", fields["NDims"]) != (len(shape),) or axes not in (2, 3):
        way_out = "2 or 3 axes are read, so save each volume as a file of its own"
        raise DataError(f"{path}: NDims = {fields['NDims']}, DimSize = {fields['DimSize']}; {way_out}")
    if fields["ElementType"] not in _TYPES:
        raise DataError(f"{path}: ElementType = {fields['ElementType']} is not one of {', '.join(_TYPES)}")
    if fields.get("ElementNumberOfChannels", "1") != "1":
        channels = f"{fields['ElementNumberOfChannels']} channels a voxel; one is read"
        raise DataError(f"{path}: {channels}, so save each as a file of its own")
    if fields.get("BinaryData", "True").lower() != "true":
        way_out = "only binary data are read, so save it as .nii.gz or .mha"
        raise DataError(f"{path}: BinaryData = {fields['BinaryData']}; {way_out}")
    expected = check_voxels(path, shape) * _TYPES[fields["ElementType"]]
    files, skip = _data_files(path, fields["ElementDataFile"], data_start, shape[-1])
    offset = integers(path, "HeaderSize", fields.get("HeaderSize", "0"))[0]
    packed = fields.get("CompressedData", "False").lower() == "true"
    if len(files) > 1 and (packed or expected % len(files)):
        way_out = "save it as one .mha or .nii.gz"
        raise DataError(f"{path}: {len(files)} data files that are compressed or cut slices apart; {way_out}")
    for data in files:
        part = expected // len(files)
        if packed:
            check_size(data, zlib_size(data, part, skip), part, exact=True)
        else:  # -1: the data are the last bytes of the file
            check_size(data, data.stat().st_size - skip - max(offset, 0), part, exact=offset >= 0)
    known = "ElementSpacing" in fields or "ElementSize" in fields
    return Header(shape, known, unit_of([fields.get("DistanceUnits", "mm")]) or "mm")


def _fields(path: Path) -> tuple[dict[str, str], int]:
    """Fields of a MetaImage header up to ElementDataFile, and the byte after that line."""
    with open(path, "rb") as handle:
        text = handle.read(MAX_HEADER_BYTES)
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
            raise DataError(f"{path}: not a MetaImage header: line {line[:40]!r} has no '='{by_content(path)}")
        if key in fields and key != "Comment":
            raise DataError(f"{path}: {key} stands twice in the header")
        fields[key] = value
        if key == "ElementDataFile":
            return fields, position
    raise DataError(f"{path}: not a MetaImage header: no ElementDataFile{by_content(path)}")


def _data_files(path: Path, name: str, data_start: int, depth: int) -> tuple[list[Path], int]:
    """The files that hold the voxels, in order, and the bytes to skip in each: one, or `depth` slices (LIST, %03d)."""
    if name.upper() == "LOCAL":
        return [path], data_start
    if name.upper().split() in (["LIST"], ["LIST", "2"]):
        rest = path.read_bytes()[data_start : data_start + MAX_HEADER_BYTES].decode("latin-1")
        names = [line.strip() for line in rest.splitlines() if line.strip()][:_MAX_FILES]
    elif pattern := _PATTERN.fullmatch(name):
        said = [int(number) for number in pattern[2].split()]
        first, step = (said or [1])[0], said[2] if len(said) > 2 else 1
        names = [pattern[1] % (first + step * number) for number in range(min(depth, _MAX_FILES))]
    else:
        names = [name]
    for one in names or [""]:
        if one in ("", ".", "..") or len(one) > _MAX_NAME or any(mark in one for mark in "/\\%:\0"):
            way_out = "put the data file beside its header and name it without a folder"
            raise DataError(f"{path}: ElementDataFile = {one[:_MAX_NAME]!r} is not a plain file name; {way_out}")
    files = [path.with_name(one) for one in names]
    if absent := [file.name for file in files if not file.is_file()]:
        raise DataError(f"{path}: its data file {absent[0]} is not beside it")
    return files, 0

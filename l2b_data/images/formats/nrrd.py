"""NRRD headers (.nrrd, Slicer's .seg.nrrd), checked before a reader follows them."""

import re
from pathlib import Path

from l2b_data.errors import DataError
from l2b_data.images.formats.content import by_content
from l2b_data.images.formats.headers import MAX_HEADER_BYTES, Header, check_size, check_voxels, gzip_size, integers
from l2b_data.images.units import unit_of

_TYPES = {
    **dict.fromkeys(("signed char", "int8", "int8_t", "uchar", "unsigned char", "uint8", "uint8_t"), 1),
    **dict.fromkeys(("short", "short int", "signed short", "int16", "int16_t"), 2),
    **dict.fromkeys(("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"), 2),
    **dict.fromkeys(("int", "signed int", "int32", "int32_t", "uint", "unsigned int", "uint32", "uint32_t"), 4),
    **dict.fromkeys(("longlong", "long long", "int64", "int64_t", "ulonglong", "unsigned long long"), 8),
    **dict.fromkeys(("uint64", "uint64_t", "double"), 8),
    "float": 4,
}
_CROPPED = "segmentation_referenceimageextentoffset"


def check_nrrd(path: Path) -> Header:
    """Check an attached .nrrd file (raw or gzip encoding): header fields and the data's (decompressed) size."""
    with open(path, "rb") as handle:
        text = handle.read(MAX_HEADER_BYTES)
    head, blank, _ = text.replace(b"\r\n", b"\n").partition(b"\n\n")
    skip = min(at + len(mark) for mark in (b"\n\n", b"\r\n\r\n") if (at := text.find(mark)) >= 0) if blank else 0
    lines = head.decode("utf-8", "replace").split("\n")
    if not blank or not lines[0].startswith("NRRD"):
        raise DataError(f"{path}: not an attached NRRD file{by_content(path)}")
    pairs = [line.lower().partition(":") for line in lines[1:] if ":" in line and not line.startswith("#")]
    fields = {key.strip(): value.strip() for key, _, value in pairs}
    if {"data file", "datafile"} & fields.keys():
        raise DataError(f"{path}: its data stand in another file; convert it to one .nrrd or .nii.gz")
    if missing := [key for key in ("sizes", "type", "encoding") if key not in fields]:
        raise DataError(f"{path}: the NRRD header has no {', '.join(missing)}")
    shape = integers(path, "sizes", fields["sizes"])
    numbers = max(shape[0], shape[-1]) if len(shape) == 4 and 1 not in (shape[0], shape[-1]) else 1
    if numbers > 1 and any(key.startswith("segment0_") for key in fields):
        raise DataError(
            f"{path}: Slicer's segmentation in {shape[0]} layers, as its segments overlap; in Slicer, module "
            "Segmentations, export it as a labelmap with the image as reference volume, and save that as .nii.gz"
        )
    if numbers > 1 or len(shape) not in (2, 3, 4) or fields["type"] not in _TYPES:
        way_out = "numbers on 2 or 3 axes are read, so save each volume as a file of its own"
        raise DataError(f"{path}: sizes {fields['sizes']}, type {fields['type']}; {way_out}")
    expected = check_voxels(path, shape) * _TYPES[fields["type"]]
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
    cropped = any(number not in ("", "0") for number in fields.get(_CROPPED, "").lstrip("=").split())
    notes = (
        "Slicer stored it cropped to its segments; to have the image's size, export it as a labelmap with the image as "
        "reference volume (module Segmentations)",
    )
    known = bool({"spacings", "space directions"} & fields.keys())
    return Header(shape, known, unit, notes if cropped else ())

"""What a file holds by its first bytes, for messages about names that say something else."""

from pathlib import Path

_STARTS = (
    (b"\x1f\x8b", "a gzip stream"),
    (b"\x89PNG", "a PNG"),
    (b"\xff\xd8\xff", "a JPEG"),
    (b"II*\0", "a TIFF"),
    (b"MM\0*", "a TIFF"),
    (b"GIF8", "a GIF"),
    (b"BM", "a BMP"),
    (b"NRRD", "an NRRD"),
    (b"ObjectType", "a MetaImage"),
    (b"NDims", "a MetaImage"),
    (b"PK\x03\x04", "a zip"),
    (b"\x89HDF", "HDF5 (or a MATLAB file)"),
    (b"MATLAB", "a MATLAB file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"version https://git-lfs", "a pointer of Git LFS, so fetch the file itself with git lfs pull"),
    (b"<!DOCTYPE", "a web page, as a failed download leaves it"),
    (b"<html", "a web page, as a failed download leaves it"),
)
_INSIDE = ((128, b"DICM", "DICOM"), (344, b"n+1\0", "a NIfTI"), (344, b"ni1\0", "a NIfTI"))
_BYTES = 352


def content_of(path: Path) -> str | None:
    """The kind of file by its content, with an article ("a PNG"); None where it is not known."""
    with open(path, "rb") as handle:
        head = handle.read(_BYTES)
    inside = (kind for place, mark, kind in _INSIDE if head[place : place + len(mark)] == mark)
    return next(inside, next((kind for start, kind in _STARTS if head.startswith(start)), None))


def by_content(path: Path) -> str:
    """The end of a message: what the file is by its content; "" where that is not known."""
    kind = content_of(path)
    return f"; by its content it is {kind}" if kind else ""

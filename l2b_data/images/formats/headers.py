"""Checks of image files before a reader sees them.

SimpleITK reads a half-truncated .nii, .nii.gz or .raw without an exception (half the voxels wrong), follows an
`ElementDataFile` anywhere on the disk, and takes a missing spacing for 1; nibabel stops reading a .gz after the bytes
it needs, so a flipped byte passes without its checksum being read. So: sizes against the header, compressed streams to
their end, a cap on the number of voxels, and plain file names only.
"""

import gzip
import math
import zlib
from dataclasses import dataclass
from pathlib import Path

from l2b_data.errors import DataError

MAX_VOXELS = 2**31
MAX_HEADER_BYTES = 1 << 20
"""Slicer writes some 1,000 bytes a segment."""

_CHUNK = 1 << 20
_SLACK = 1 << 20  # bytes past the last voxel that a compressed stream may hold before it counts as a bomb


@dataclass(frozen=True)
class Header:
    """What a checked header promises.

    shape_xyz: in file order (fastest axis first). spacing_known: whether it has a spacing. unit: of its distances, a
    key of `units.MM`. notes: see `Volume`.
    """

    shape_xyz: tuple[int, ...]
    spacing_known: bool
    unit: str
    notes: tuple[str, ...] = ()


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


def zlib_size(path: Path, limit: int, skip: int) -> int:
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


def integers(path: Path, key: str, text: str) -> tuple[int, ...]:
    """The whole numbers of a header's field; `DataError` where they are none."""
    try:
        return tuple(int(part) for part in text.split())
    except ValueError:
        raise DataError(f"{path}: {key} = {text!r} is not a list of whole numbers") from None

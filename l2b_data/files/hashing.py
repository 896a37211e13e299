"""Hashes that name a file by its bytes and an array by its values."""

import hashlib
from pathlib import Path

import numpy as np

from l2b_data.files.hidden import visible_files


def sha256_file(path: Path) -> str:
    """Hex sha256 of a file's bytes, read in blocks."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def sha256_folder(folder: Path) -> str:
    """Hex sha256 of the names and bytes of all files in a folder (a DICOM series)."""
    digest = hashlib.sha256()
    for path in visible_files(folder):
        digest.update(f"{path.name} {sha256_file(path)}".encode())
    return digest.hexdigest()


def sha256_array(array: np.ndarray) -> str:
    """Hex sha256 of an array's shape, dtype and values; the same whatever its memory layout or byte order."""
    native = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    digest = hashlib.sha256(f"{native.shape} {native.dtype.str}".encode())
    digest.update(native.data)
    return digest.hexdigest()

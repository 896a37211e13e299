"""The images of a folder or a zip, by name, decoded several at a time without unpacking anything."""

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from l2b_data.errors import DataError
from l2b_data.files.hidden import is_hidden, visible_files
from l2b_data.files.shorten import first_lines
from l2b_data.files.unicode_form import composed
from l2b_data.images.picture_8bit import is_picture, read_picture

_BLOCK = 256
_MAX_BYTES = 1 << 29  # an image's own file


class FolderSource:
    """All images below a folder, by their path in it (NFC); hidden ones are not seen. `read` is as `read_picture`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        found = [path for path in visible_files(folder, deep=True) if is_picture(path)]
        self._files = {composed(path.relative_to(folder).as_posix()): path for path in found}
        self.names = sorted(self._files)

    def path(self, name: str) -> Path:
        """Where the image stands."""
        return self._files.get(name, self.folder / name)

    def read(self, name: str, *, channels: int, size: tuple[int, int] | None) -> np.ndarray:
        return read_picture(self.path(name), channels=channels, size=size)


class ZipSource:
    """All images in a zip, by their path in it, "/" between folders; hidden ones are not seen."""

    def __init__(self, archive: Path) -> None:
        self.archive = archive
        try:
            self._opened = zipfile.ZipFile(archive)
        except (OSError, zipfile.BadZipFile) as error:
            raise DataError(f"{archive}: not a readable zip ({error}); download it again") from error
        names = self._opened.namelist()
        self.names = sorted(name for name in names if is_picture(name) and not is_hidden(name))

    def read(self, name: str, *, channels: int, size: tuple[int, int] | None) -> np.ndarray:
        path = self.archive / name
        try:
            if self._opened.getinfo(name).file_size > _MAX_BYTES:
                raise DataError(f"{path}: more than {_MAX_BYTES:,} bytes")
            data = self._opened.read(name)
        except (OSError, EOFError, RuntimeError, NotImplementedError, zlib.error, zipfile.BadZipFile) as error:
            raise DataError(f"{path}: cannot be taken out of the zip ({error}); download it again") from error
        return read_picture(path, channels=channels, size=size, data=io.BytesIO(data))


PictureSource = FolderSource | ZipSource


def open_pictures(source: Path | str, *, option: str) -> PictureSource:
    """A folder, searched to its depth, or a .zip; DataError, naming `option`, where it is neither or has no image."""
    source = Path(source)
    if source.is_dir():
        opened: PictureSource = FolderSource(source)
    elif source.is_file() and source.suffix.lower() == ".zip":
        opened = ZipSource(source)
    else:
        raise DataError(f"{option} {source}: neither a folder nor a .zip")
    if not opened.names:
        raise DataError(f"{option} {source}: no image in it")
    return opened


def unreadable(source: PictureSource, names: Sequence[str], *, workers: int = 2) -> dict[str, str]:
    """Those of the images `names` that cannot be read, and why."""

    def fault(name: str) -> str:
        try:
            source.read(name, channels=1, size=None)
        except DataError as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(workers) as pool:
        found = dict(zip(names, pool.map(fault, names), strict=True))
    return {name: text for name, text in found.items() if text}


def read_all(
    source: PictureSource,
    names: Sequence[str],
    *,
    channels: int,
    size: tuple[int, int] | None,
    workers: int = 2,
    say: Callable[[str], None] = lambda line: None,
) -> Iterator[np.ndarray]:
    """Images `names` in that order, one after the other; `workers` threads decode ahead, a block at a time.

    Images that cannot be read, or (without `size`) have not the first one's size, are collected over the whole
    source and raised as one DataError at the end.
    """
    faults: list[str] = []
    first: tuple[int, ...] | None = None

    def decode(name: str) -> np.ndarray | DataError:
        try:
            return source.read(name, channels=channels, size=size)
        except DataError as error:
            return error

    with ThreadPoolExecutor(workers) as pool:
        for start in range(0, len(names), _BLOCK):
            block = names[start : start + _BLOCK]
            for name, image in zip(block, pool.map(decode, block), strict=True):
                if isinstance(image, DataError):
                    faults.append(str(image))
                    continue
                first = first or image.shape
                if image.shape != first:
                    faults.append(f"{name}: {image.shape[:2]} pixels, the first image {first[:2]}; give --size")
                elif not faults:
                    yield image
            say(f"[{start + len(block)}/{len(names)}] images")
    if faults:
        raise DataError(f"{len(faults)} of {len(names)} images:\n  " + "\n  ".join(first_lines(faults, 20)))

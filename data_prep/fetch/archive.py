"""Take named files out of a zip without trusting it."""

import stat
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from l2b_data.errors import DataError
from l2b_data.files.atomic import atomic_file
from l2b_data.files.hidden import is_hidden

MAX_BYTES = 64 << 30
_CHUNK = 1 << 20


def archive_names(archive: Path) -> list[str]:
    """Plain file names in a zip, folders and what is hidden left out; `DataError` where it cannot be read."""
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [info.filename for info in opened.infolist() if not info.is_dir()]
    except (OSError, zipfile.BadZipFile) as error:
        raise DataError(f"{archive}: not a readable zip ({error}); download it again") from error
    return [PurePosixPath(name).name for name in members if not is_hidden(name)]


def extract_files(
    archive: Path, folder: Path, *, keep: Callable[[str], bool], max_bytes: int = MAX_BYTES
) -> list[Path]:
    """Extract members whose plain file name `keep` accepts, into numbered subfolders of `folder` (one a directory).

    Hidden ones (`is_hidden`, whatever folder they are in) are left out.
    Refused with a `DataError`, before anything is written: member names that are absolute or climb out with "..",
    links, encrypted members, and more than `max_bytes` altogether. No member writes more bytes than it declares, and
    its checksum is compared. A name of the archive never becomes a folder on the disk.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            members = _safe_members(archive, opened, keep, max_bytes)
            parents = sorted({parent for parent, _ in members.values()})
            paths = []
            for info, (parent, name) in members.items():
                target = folder / f"{parents.index(parent):04d}" / name
                target.parent.mkdir(parents=True, exist_ok=True)
                _extract(archive, opened, info, target)
                paths.append(target)
            return paths
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise DataError(f"{archive}: not a readable zip ({error}); download it again") from error


@contextmanager
def extracted_beside(out: Path, archive: Path, *, keep: Callable[[str], bool]) -> Iterator[tuple[Path, list[Path]]]:
    """`extract_files` into a temporary folder beside `out`, whose disk must hold the data anyway: folder and files."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.zip.") as folder:
        yield Path(folder), extract_files(archive, Path(folder), keep=keep)


def _safe_members(
    archive: Path, opened: zipfile.ZipFile, keep: Callable[[str], bool], max_bytes: int
) -> dict[zipfile.ZipInfo, tuple[str, str]]:
    members: dict[zipfile.ZipInfo, tuple[str, str]] = {}
    seen = set()
    for info in opened.infolist():
        path = PurePosixPath(info.orig_filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or (path.parts and ":" in path.parts[0]):
            raise DataError(
                f"{archive}: member {info.orig_filename!r} points outside the archive; nothing was extracted"
            )
        if info.is_dir() or is_hidden(path) or not keep(path.name):
            continue
        if stat.S_ISLNK(info.external_attr >> 16):
            raise DataError(f"{archive}: member {info.orig_filename!r} is a link; nothing was extracted")
        if info.flag_bits & 0x1:
            raise DataError(f"{archive}: member {info.orig_filename!r} is encrypted; decrypt the archive first")
        if path in seen:
            raise DataError(f"{archive}: member {info.orig_filename!r} stands twice; nothing was extracted")
        seen.add(path)
        members[info] = (str(path.parent), path.name)
    total = sum(info.file_size for info in members)
    if total > max_bytes:
        raise DataError(f"{archive}: would extract to {total:,} bytes, more than the cap of {max_bytes:,}")
    return members


def _extract(archive: Path, opened: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path) -> None:
    written = 0
    with opened.open(info) as source, atomic_file(target, flush=False) as temporary, open(temporary, "wb") as sink:
        while chunk := source.read(_CHUNK):
            written += len(chunk)
            if written > info.file_size:
                raise DataError(f"{archive}: member {info.orig_filename!r} is longer than it declares")
            sink.write(chunk)

"""CIFAR-10 and CIFAR-100 as published: the archive, or the folder it unpacks to, read without trusting it."""

import tarfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pooch

from data_prep.fetch.download import download
from data_prep.fetch.safe_pickle import read_safe_pickle
from l2b_data.errors import DataError

BASE_URL = "https://www.cs.toronto.edu/~kriz"
PIXELS = 3 * 32 * 32
_MAX_MEMBER = 1 << 30

Say = Callable[[str], None]


@dataclass(frozen=True)
class Cifar:
    """What differs between the two sets: names of files and of their entries, and the archive's published md5."""

    name: str
    classes: int
    archive: str
    md5: str
    train: tuple[str, ...]
    test: str
    meta: str
    labels: str
    class_names: str


CIFAR10 = Cifar(
    name="CIFAR-10",
    classes=10,
    archive="cifar-10-python.tar.gz",
    md5="c58f30108f718f92721af3b95e74349a",
    train=tuple(f"data_batch_{number}" for number in range(1, 6)),
    test="test_batch",
    meta="batches.meta",
    labels="labels",
    class_names="label_names",
)
CIFAR100 = Cifar(
    name="CIFAR-100",
    classes=100,
    archive="cifar-100-python.tar.gz",
    md5="eb9058c3a382ffc7106e4002c42a8d85",
    train=("train",),
    test="test",
    meta="meta",
    labels="fine_labels",
    class_names="fine_label_names",
)


def fetch_cifar(
    cifar: Cifar, folder: Path | str, *, base_url: str = BASE_URL, md5: str | None = None, say: Say = lambda line: None
) -> Path:
    """Download the published archive into `folder` (resumed, md5 checked: see `download`); returns its path."""
    url = f"{base_url.rstrip('/')}/{cifar.archive}"
    return download(url, Path(folder) / cifar.archive, md5=md5 or cifar.md5, say=say)


def read_cifar(
    cifar: Cifar, source: Path | str, *, md5: str | None = None, say: Say = lambda line: None
) -> tuple[dict[str, tuple[np.ndarray, np.ndarray]], list[str]]:
    """Split ("train", "test") -> images (n, 32, 32, 3) uint8 and labels (n,) int64, in published order; class names.

    source: the published .tar.gz, whose md5 must be the published one, or the folder with the batches, of which only
    the format can be checked (said so). Nothing is unpacked to the disk.

    Raises DataError: absent or damaged files, another md5, a pickle with anything but arrays, labels out of range.
    """
    source = Path(source)
    batches = _from_archive(cifar, source, md5 or cifar.md5) if source.is_file() else _from_folder(cifar, source, say)
    names = _entry(batches[cifar.meta], cifar.class_names, source / cifar.meta)
    names = [name.decode("latin1") if isinstance(name, bytes) else str(name) for name in names]
    if len(names) != cifar.classes:
        raise DataError(f"{source / cifar.meta}: {len(names)} class names instead of {cifar.classes}")
    parts = {}
    for split, files in (("train", cifar.train), ("test", (cifar.test,))):
        read = [_pictures(cifar, batches[name], source / name) for name in files]
        parts[split] = np.concatenate([pixels for pixels, _ in read]), np.concatenate([labels for _, labels in read])
    return parts, names


def _from_archive(cifar: Cifar, archive: Path, md5: str) -> dict[str, Any]:
    found = pooch.file_hash(str(archive), alg="md5")
    if found != md5:
        raise DataError(
            f"{archive}: md5 {found} is not that of the published {cifar.archive}, {md5}; fetch it again "
            f"(--download), or unpack it and give the folder if this is the content you mean"
        )
    wanted = {*cifar.train, cifar.test, cifar.meta}
    batches: dict[str, Any] = {}
    try:
        with tarfile.open(archive, "r:gz") as opened:
            for member in opened:
                name = PurePosixPath(member.name).name
                if name in wanted and member.isfile():
                    if member.size > _MAX_MEMBER or name in batches:
                        raise DataError(f"{archive}: member {member.name!r} is too large or stands twice")
                    handle = opened.extractfile(member)
                    assert handle is not None
                    batches[name] = read_safe_pickle(archive / name, data=handle.read())
    except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
        raise DataError(f"{archive}: not a readable .tar.gz ({error}); fetch it again") from error
    if absent := sorted(wanted - batches.keys()):
        raise DataError(f"{archive}: holds no {', '.join(absent)}")
    return batches


def _from_folder(cifar: Cifar, folder: Path, say: Say) -> dict[str, Any]:
    wanted = (*cifar.train, cifar.test, cifar.meta)
    if not folder.is_dir():
        raise DataError(f"{folder}: no such file or folder; give {cifar.archive} or the folder it unpacks to")
    inner = folder / cifar.archive.replace(".tar.gz", "").replace("-python", "-batches-py")
    unpacked = [inner, folder / cifar.archive.removesuffix(".tar.gz"), folder]
    root = next((place for place in unpacked if (place / cifar.meta).is_file()), folder)
    if absent := [name for name in wanted if not (root / name).is_file()]:
        raise DataError(f"{root}: holds no {', '.join(absent)}; give {cifar.archive} or the folder it unpacks to")
    say(f"warning: {root}: a folder has no published checksum; whether it is {cifar.name} unchanged was not checked")
    return {name: read_safe_pickle(root / name) for name in wanted}


def _pictures(cifar: Cifar, batch: Any, path: Path) -> tuple[np.ndarray, np.ndarray]:
    data, labels = _entry(batch, "data", path), np.asarray(_entry(batch, cifar.labels, path))
    if not isinstance(data, np.ndarray) or data.dtype != np.uint8 or data.ndim != 2 or data.shape[1] != PIXELS:
        met = f"{data.shape} {data.dtype}" if isinstance(data, np.ndarray) else type(data).__name__
        raise DataError(f"{path}: data is {met} instead of (n, {PIXELS}) uint8")
    if labels.dtype.kind not in "iu" or labels.shape != (len(data),):
        raise DataError(f"{path}: {cifar.labels} are {labels.shape} {labels.dtype} for {len(data)} images")
    wrong = np.flatnonzero((labels < 0) | (labels >= cifar.classes))
    if len(wrong):
        listed = ", ".join(f"{labels[row]} (image {row})" for row in wrong[:5])
        raise DataError(f"{path}: {len(wrong)} labels out of range 0 to {cifar.classes - 1}: {listed}")
    pixels = data.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(pixels), labels.astype(np.int64)


def _entry(batch: Any, key: str, path: Path) -> Any:
    """An entry by its name, which Python 3 without an encoding has made bytes."""
    if isinstance(batch, dict):
        for name in (key, key.encode()):
            if name in batch:
                return batch[name]
    raise DataError(f"{path}: no entry {key!r}; not a batch of the published python version")

"""Small copies of published classification layouts, made on the spot."""

import csv
import pickle
import tarfile

import numpy as np
from PIL import Image

CIFAR10_NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]


def cifar_batch(count, classes, *, seed, key="labels"):
    rng = np.random.default_rng(seed)
    data = rng.integers(0, 256, (count, 3072), np.uint8)
    return {b"data": data, key.encode(): rng.integers(0, classes, count).tolist()}


def write_cifar10(folder, *, count=20, protocol=2, **change):
    """Write the folder of CIFAR-10 batches with `count` images each; change: file name -> content instead."""
    root = folder / "cifar-10-batches-py"
    root.mkdir(parents=True)
    files = {f"data_batch_{number}": cifar_batch(count, 10, seed=number) for number in range(1, 6)}
    files["test_batch"] = cifar_batch(count, 10, seed=6)
    files["batches.meta"] = {b"label_names": [name.encode() for name in CIFAR10_NAMES], b"num_vis": 3072}
    for name, content in (files | change).items():
        if content is not None:
            (root / name).write_bytes(content if isinstance(content, bytes) else pickle.dumps(content, protocol))
    return root


def write_cifar100(folder, *, count=300):
    root = folder / "cifar-100-python"
    root.mkdir(parents=True)
    names = [f"name{number:02d}".encode() for number in range(100)]
    for name, content in {
        "train": cifar_batch(count, 100, seed=1, key="fine_labels"),
        "test": cifar_batch(count, 100, seed=2, key="fine_labels"),
        "meta": {b"fine_label_names": names, b"coarse_label_names": names[:20]},
    }.items():
        (root / name).write_bytes(pickle.dumps(content, 2))
    return root


def pack(root, path):
    """`root` as .tar.gz under its own name."""
    with tarfile.open(path, "w:gz") as opened:
        opened.add(root, root.name)
    return path


def write_table(path, header, rows):
    with open(path, "w", newline="", encoding="utf-8") as handle:
        csv.writer(handle).writerows([header, *rows])
    return path


def write_image(path, *, size=(10, 12), seed=0, value=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (*size, 3), np.uint8)
    if value is not None:
        pixels[:] = value
    Image.fromarray(pixels).save(path)
    return path

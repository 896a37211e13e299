"""CIFAR-10 and CIFAR-100 (python version) -> prepared set, with CIFAR-N's human labels where they are given."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from data_prep.fetch.safe_pickle import read_safe_pickle
from data_prep.label_sets.cifar_files import CIFAR10, CIFAR100, Cifar, read_cifar
from l2b_data.errors import DataError
from l2b_data.files.hashing import sha256_file
from l2b_data.samples.image_set import ImageSet
from l2b_data.samples.label_table import ABSENT
from l2b_data.samples.write_image_set import require_free, write_image_set

PUBLISHED = {"train": 50_000, "test": 10_000}
HUMAN_LABELS = {
    CIFAR10.name: {
        "aggre_label": "human_aggregate",
        "random_label1": "human_random1",
        "random_label2": "human_random2",
        "random_label3": "human_random3",
        "worse_label": "human_worse",
    },
    CIFAR100.name: {"noisy_label": "human_noisy"},
}
"""Entries of CIFAR-N's .pt files (Wei et al. 2022, arXiv 2110.12088) -> columns of labels.csv."""

Say = Callable[[str], None]


def prepare_cifar(
    cifar: Cifar,
    source: Path | str,
    out: Path | str,
    *,
    human_labels: Path | str | None = None,
    md5: str | None = None,
    say: Say = lambda line: None,
) -> ImageSet:
    """Published archive or folder (`read_cifar`) -> prepared set `out`: splits train and test, in published order.

    human_labels: CIFAR-10_human.pt or CIFAR-100_human.pt; its label sets become further columns, for the training
    images. Its clean labels must be those of the training images, or the order is not the published one.
    Raises ConfigError (`out` taken) and DataError.
    """
    out = Path(out)
    require_free(out)
    parts, classes = read_cifar(cifar, source, md5=md5, say=say)
    for split, number in PUBLISHED.items():
        if len(parts[split][1]) != number:
            say(f"warning: {len(parts[split][1]):,} {split} images; published are {number:,}")
    given, record = {}, {"dataset": cifar.name, "archive": Path(source).name}
    if human_labels is not None:
        human = read_human_labels(cifar, human_labels, parts["train"][1])
        padding = np.full(len(parts["test"][1]), ABSENT, np.int64)
        given = {column: np.concatenate([labels, padding]) for column, labels in human.items()}
        record["human_labels_sha256"] = sha256_file(Path(human_labels))
        for column, labels in human.items():
            say(f"{column}: {np.mean(labels != parts['train'][1]):.2%} of the training labels differ")
    return write_image_set(
        out,
        name=cifar.name,
        images=np.concatenate([parts["train"][0], parts["test"][0]]),
        labels=np.concatenate([parts["train"][1], parts["test"][1]]),
        split=[split for split in ("train", "test") for _ in parts[split][1]],
        classes=classes,
        names=[f"{split}_{number:05d}" for split in ("train", "test") for number in range(len(parts[split][1]))],
        given=given,
        source=record,
    )


def read_human_labels(cifar: Cifar, path: Path | str, labels: np.ndarray) -> dict[str, np.ndarray]:
    """CIFAR-N's label sets by their column, each (n,) int64, for training images with the clean `labels` (n,).

    Raises DataError: entries missing, of another length or out of range, or clean labels that are not `labels`.
    """
    path = Path(path)
    content = read_safe_pickle(path)
    columns = HUMAN_LABELS[cifar.name]
    if not isinstance(content, dict) or (absent := [key for key in ("clean_label", *columns) if key not in content]):
        met = f"no entry {', '.join(absent)}" if isinstance(content, dict) else "no table"
        raise DataError(f"{path}: {met}; this is not the file of human labels for {cifar.name}")
    faults, found = [], {}
    for key in ("clean_label", *columns):
        values = np.asarray(content[key])
        if values.shape != labels.shape or values.dtype.kind not in "iu":
            faults.append(f"{key}: {values.shape} {values.dtype} for {len(labels)} training images")
        elif values.min() < 0 or values.max() >= cifar.classes:
            faults.append(f"{key}: values {values.min()} to {values.max()}, out of range 0 to {cifar.classes - 1}")
        else:
            found[key] = values.astype(np.int64)
    if not faults and (differing := int((found["clean_label"] != labels).sum())):
        faults.append(f"clean_label differs from {differing} training labels: another order or other images")
    if faults:
        raise DataError(f"{path}:\n  " + "\n  ".join(faults))
    return {column: found[key] for key, column in columns.items()}

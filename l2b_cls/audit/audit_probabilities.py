"""The audit of a set's labels by probabilities from elsewhere: no run, nothing is trained."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from l2b_cls.audit.findings.copies import copies
from l2b_cls.audit.findings.pictures import describe
from l2b_cls.audit.judges.read_probabilities import read_probabilities
from l2b_cls.audit.panel import Panel
from l2b_cls.audit.rank_labels import GivenLabels, rank_labels
from l2b_cls.batches.sample_batches import Samples
from l2b_data.errors import DataError
from l2b_data.samples.image_set import ImageSet


def audit_probabilities(
    images: ImageSet, file: Path, out: Path, *, say: Callable[[str], None] = lambda line: None
) -> dict[str, Any]:
    """Rank the labels of a set's training samples by `file` (`read_probabilities`), as `audit` does by networks.

    Writes audit.csv and audit.json into `out` and returns what is in audit.json: run, method, noise and in_sample are
    None, since the file does not say them. Raises DataError (no training sample; the file).
    """
    train = images.indices("train")
    if not len(train):
        raise DataError(f"{images.root}: no sample of split train")
    probabilities = read_probabilities(file, images, train)
    record: dict[str, Any] = {
        "run": None,
        "method": None,
        "noise": None,
        "data": str(images.root.resolve()),
        "probabilities": str(file.resolve()),
        "folds": None,
        "in_sample": None,
        "epochs": [],
    }
    given = Samples(images, train, images.labels[train])
    say("[1/4] pictures")
    described = describe(images, train)
    one, none = np.full(len(train), -1), np.zeros(0, np.int64)
    panel = Panel(probabilities, None, one, described, copies(described), none, none)
    columns = {name: values[train] for name, values in images.given.items()}
    return rank_labels(GivenLabels(given, clean=one, columns=columns), panel, out, record, say=say)

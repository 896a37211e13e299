"""Class probabilities of the training samples by networks that never saw their labels."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from l2b_cls.batches.sample_batches import SampleBatches, Samples, make_batches
from l2b_cls.config import Settings
from l2b_cls.run import evaluated_probabilities, training_of
from l2b_data.files.atomic import write_array
from l2b_data.files.hashing import sha256_file
from l2b_run.audit.cross_fit import AuditOptions, FoldNetwork
from l2b_run.audit.folds import Fold, cut_folds


def cut_samples(given: np.ndarray, groups: Sequence[str], count: int, seed: int) -> list[Fold]:
    """`count` folds of nearly equal size and mix of given labels (n,); see `cut_folds`.

    groups: patient or lesion of each sample, never split; "" stands alone. They are put in order of their most frequent
    label and of their size, and dealt out in turn.
    """

    def deal(drawn: list[list[int]], count: int) -> list[list[int]]:
        order = sorted(drawn, key=lambda group: (np.bincount(given[group]).argmax(), -len(group)))
        return [[place for group in order[number::count] for place in group] for number in range(count)]

    first: dict[str, int] = {}
    numbers = [first.setdefault(group, place) if group else place for place, group in enumerate(groups)]
    return cut_folds(numbers, count, seed, deal=deal, what="samples")


def fold_network(
    fold: Fold, settings: Settings, given: Samples, meta: Samples, options: AuditOptions
) -> FoldNetwork[np.ndarray]:
    """The network of a fold, trained as the run was; what is kept are its probabilities (m, K) of `fold.held_out`.

    given: the training samples under their given labels; meta: the clean ones. The network gets the given labels of
    `fold.train`, and of the meta samples those that are not held out: no label of a held-out sample is in its batches,
    whichever set it stands in. Without `options.epochs` it takes as many epochs as the run took; as many steps, on
    fewer samples, would fit the noise further (measured on digits at symmetric 0.4 for ce: AUROC 0.959, not 0.981).
    """
    held = Samples(given.source, given.index[fold.held_out], np.full(len(fold.held_out), -1))  # labels unseen
    clean = meta.part(np.flatnonzero(~np.isin(meta.index, held.index)))
    batches = make_batches(given.part(fold.train), clean, held, settings, options.device)
    shorter = _shorter(settings, options.epochs or settings.epochs)
    return FoldNetwork(
        shorter,
        {"content": _content(batches)},
        start=lambda: training_of(shorter, batches),
        result="probabilities.npy",
        keep=lambda path, state: write_array(path, evaluated_probabilities(state, batches)),
        read=_read,
    )


def _shorter(settings: Settings, epochs: int) -> Settings:
    """The settings for so many epochs: milestones move along, nothing is evaluated or logged on the way."""
    share = epochs / settings.epochs
    milestones = [max(1, round(milestone * share)) for milestone in settings.optimizer.milestones]
    changed = {"epochs": epochs, "evaluate_every": epochs, "log_weights_every": epochs}
    optimizer = settings.optimizer.model_copy(update={"milestones": milestones})
    return settings.model_copy(update={**changed, "optimizer": optimizer})


def _read(path: Path) -> np.ndarray | None:
    try:
        return np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None


def _content(batches: SampleBatches) -> str:
    """Hash of what a network reads: samples, labels, and what tells the pictures from others, unread."""
    source = batches.train.source.root
    pixels: dict[str, Any] = {name: sha256_file(source / name) for name in ("dataset.json", "labels.csv")}
    array = source / "images.npy"
    if array.is_file():
        status = array.stat()
        pixels["images.npy"] = f"{status.st_size} bytes of {status.st_mtime_ns}"
    content = hashlib.sha256(json.dumps(pixels, sort_keys=True).encode())
    for samples in (batches.train, batches.meta, batches.evaluation):
        for values in (samples.index, samples.labels):
            content.update(np.ascontiguousarray(values, np.int64).tobytes())
            content.update(b"|")
    return content.hexdigest()

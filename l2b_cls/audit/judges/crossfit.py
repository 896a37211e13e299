"""Class probabilities and features of samples by networks that never saw their labels."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from l2b_cls.audit.judges.outlook import Outlook, judge, read_outlook, write_outlook
from l2b_cls.batches.sample_batches import SampleBatches, Samples, make_batches
from l2b_cls.config import Settings
from l2b_cls.prediction.classifier import BATCH
from l2b_cls.run import training_of
from l2b_data.files.hashing import sha256_file
from l2b_run.audit.cross_fit import AuditOptions, FoldNetwork
from l2b_run.audit.folds import Fold, cut_folds


def cut_samples(given: np.ndarray, groups: Sequence[int], count: int, seed: int) -> list[Fold]:
    """`count` folds of nearly equal size and mix of given labels (n,); see `cut_folds`.

    groups: number of the patient, lesion or picture of each sample, never split. They are put in order of their most
    frequent label and of their size, and dealt out in turn.
    """

    def deal(drawn: list[list[int]], count: int) -> list[list[int]]:
        order = sorted(drawn, key=lambda group: (np.bincount(given[group]).argmax(), -len(group)))
        return [[place for group in order[number::count] for place in group] for number in range(count)]

    return cut_folds(groups, count, seed, deal=deal, what="samples")


def judged_samples(given: Samples, meta: Samples) -> Samples:
    """What is judged: the training samples under their given labels, then the meta samples that are none of them."""
    beside = meta.part(np.flatnonzero(~np.isin(meta.index, given.index)))
    index, labels = (np.concatenate([getattr(given, name), getattr(beside, name)]) for name in ("index", "labels"))
    return Samples(given.source, index, labels)


def keep_some_clean(folds: list[Fold], index: np.ndarray, meta: np.ndarray, count: int) -> list[Fold]:
    """The folds, of the training samples alone where one of them would hold out every meta sample.

    index: (N,) numbers of the samples that are cut, the training ones, `count` of them, first. meta: (m,) numbers.
    """
    if not len(meta) or all(not np.isin(meta, index[fold.held_out]).all() for fold in folds):
        return folds
    parts = [(fold.number, fold.train[fold.train < count], fold.held_out[fold.held_out < count]) for fold in folds]
    return [Fold(*part) for part in parts]


def fold_network(
    fold: Fold, settings: Settings, given: Samples, meta: Samples, options: AuditOptions
) -> FoldNetwork[Outlook]:
    """The network of a fold, trained as the run was; what is kept is its outlook on `fold.held_out`.

    given: the training samples under their given labels; meta: the clean ones; fold: of `judged_samples`, or of the
    training samples alone. The network gets the given labels of `fold.train`, and the meta samples that are not held
    out: no label of a held-out sample is in its batches, whichever set it stands in. Without `options.epochs` it takes
    as many epochs as the run took; as many steps, on fewer samples, would fit the noise further (measured on digits at
    symmetric 0.4 for ce: AUROC 0.959, not 0.981).
    """
    index = judged_samples(given, meta).index[fold.held_out]
    held = Samples(given.source, index, np.full(len(index), -1))  # labels unseen
    clean = meta.part(np.flatnonzero(~np.isin(meta.index, held.index)))
    learnt = given.part(fold.train[fold.train < len(given)])
    batches = make_batches(learnt, clean, held, settings, options.device)
    shorter = _shorter(settings, options.epochs or settings.epochs)
    return FoldNetwork(
        shorter,
        {"content": _content(batches)},
        start=lambda: training_of(shorter, batches),
        result="outlook.npz",
        keep=lambda path, state: write_outlook(
            path, judge(state.evaluated, batches.ordered("evaluation", BATCH), classes=batches.classes)
        ),
        read=read_outlook,
    )


def _shorter(settings: Settings, epochs: int) -> Settings:
    """The settings for so many epochs: milestones move along, nothing is evaluated or logged on the way."""
    share = epochs / settings.epochs
    milestones = [max(1, round(milestone * share)) for milestone in settings.optimizer.milestones]
    changed = {"epochs": epochs, "evaluate_every": epochs, "log_weights_every": epochs}
    optimizer = settings.optimizer.model_copy(update={"milestones": milestones})
    return settings.model_copy(update={**changed, "optimizer": optimizer})


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

"""Networks that never saw the label they judge: the training samples cut into folds, each left out once."""

import hashlib
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from l2b_cls.audit.folds import Fold
from l2b_cls.batches.sample_batches import SampleBatches, Samples, make_batches
from l2b_cls.config import Settings
from l2b_cls.run import evaluated_probabilities, training_of
from l2b_data.files.atomic import atomic_file
from l2b_data.files.hashing import sha256_file
from l2b_run.audit.kept_fold import KeptFold
from l2b_run.training.epoch_row import Progress
from l2b_run.training.loop import train

_PROBABILITIES = "probabilities.npy"


@dataclass(frozen=True)
class Judged:
    """What a network says of samples it did not see: probabilities (m, K) float64 of `fold.held_out`."""

    fold: Fold
    probabilities: np.ndarray
    epochs: int


def cross_fit(
    settings: Settings,
    given: Samples,
    meta: Samples,
    folds: Sequence[Fold],
    root: Path,
    *,
    epochs: int | None = None,
    device: torch.device,
    progress: Progress = lambda row: None,
) -> Iterator[Judged]:
    """Train a network a fold, as the run was trained, and yield what it says of the samples it did not see.

    given: the training samples under their given labels; meta: the clean ones. A network gets the given labels of
    `fold.train`, and of the meta samples those that are not held out: no label of a held-out sample is in its feed,
    whichever set it stands in. Without `epochs` it takes as many epochs as the run took; as many steps, on fewer
    samples, would fit the noise further (measured on digits at symmetric 0.4 for ce: AUROC 0.959 instead of 0.981).
    root/fold_NUMBER_of_COUNT keeps its predictions: finished, it is not trained again; interrupted, it goes on; for
    other settings, samples or labels it is made anew. `progress` gets the rows of `train`, with "fold" in each.
    """
    pixels = _pixels(given)
    for fold in folds:
        held = Samples(given.source, given.index[fold.held_out], np.full(len(fold.held_out), -1))  # labels unseen
        clean = meta.part(np.flatnonzero(~np.isin(meta.index, held.index)))
        batches = make_batches(given.part(fold.train), clean, held, settings, device)
        shorter = _shorter(settings, epochs or settings.epochs)
        record = {"content": _content(batches, pixels), "settings": shorter.model_dump()}
        kept = KeptFold(root, fold.number, len(folds), record, result=_PROBABILITIES)
        found = _finished(kept, len(held))
        if found is None:
            found = _train_fold(shorter, batches, kept, progress)
        yield Judged(fold, found, shorter.epochs)


def _shorter(settings: Settings, epochs: int) -> Settings:
    """The settings for so many epochs: milestones move along, nothing is evaluated or logged on the way."""
    share = epochs / settings.epochs
    milestones = [max(1, round(milestone * share)) for milestone in settings.optimizer.milestones]
    changed = {"epochs": epochs, "evaluate_every": epochs, "log_weights_every": epochs}
    return settings.model_copy(
        update={**changed, "optimizer": settings.optimizer.model_copy(update={"milestones": milestones})}
    )


def _train_fold(settings: Settings, batches: SampleBatches, fold: KeptFold, progress: Progress) -> np.ndarray:
    """Train in the fold's folder, from its latest checkpoint where there is one; keep the predictions alone."""
    resume = fold.begin(settings.model_dump())
    run = training_of(settings, batches)
    state = train(run, fold.folder, score="accuracy", progress=fold.numbered(progress), resume=resume)
    found = evaluated_probabilities(state, batches)
    content = io.BytesIO()
    np.save(content, found, allow_pickle=False)
    with atomic_file(fold.folder / _PROBABILITIES) as temporary:
        temporary.write_bytes(content.getbuffer())
    fold.finish()
    return found


def _pixels(samples: Samples) -> dict[str, Any]:
    """What tells one data set's pictures from another's, without reading gigabytes of them."""
    found = {}
    for name in ("dataset.json", "labels.csv"):
        found[name] = sha256_file(samples.source.root / name)
    array = samples.source.root / "images.npy"
    if array.is_file():
        status = array.stat()
        found["images.npy"] = f"{status.st_size} bytes of {status.st_mtime_ns}"
    return found


def _content(batches: SampleBatches, pixels: dict[str, Any]) -> str:
    """Hash of what a network reads: pictures, samples, labels."""
    content = hashlib.sha256(json.dumps(pixels, sort_keys=True).encode())
    for samples in (batches.train, batches.meta, batches.evaluation):
        for values in (samples.index, samples.labels):
            content.update(np.ascontiguousarray(values, np.int64).tobytes())
            content.update(b"|")
    return content.hexdigest()


def _finished(fold: KeptFold, count: int) -> np.ndarray | None:
    """The predictions of an earlier call for the same record."""
    if not fold.finished:
        return None
    try:
        found: np.ndarray = np.load(fold.folder / _PROBABILITIES, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return found if found.ndim == 2 and len(found) == count else None

"""Networks that never saw the case they judge: the training cases cut into folds, each left out once."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from l2b_data.cases.dataset import CLEAN_LABELS
from l2b_data.cases.slices import load_slices
from l2b_data.cases.slicing import SliceOptions
from l2b_data.errors import ConfigError, DataError
from l2b_data.files.hashing import sha256_file
from l2b_run.audit.kept_fold import KeptFold
from l2b_run.folder.write_run import write_weights
from l2b_run.training.epoch_row import Progress
from l2b_run.training.loop import train
from l2b_seg.batches.slice_batches import SliceBatches
from l2b_seg.config import Settings
from l2b_seg.prediction.predictor import Predictor, load_run
from l2b_seg.run import batches_of, training_of
from l2b_seg.run_data import RunData

LOG = logging.getLogger(__name__)

_WEIGHTS = "model.safetensors"
_FOLD_STREAM = 11  # a random stream of its own beside the training's


@dataclass(frozen=True)
class Fold:
    """One network to be trained: on which cases, and which it will judge."""

    number: int
    train: tuple[str, ...]
    held_out: tuple[str, ...]


@dataclass(frozen=True)
class Judging:
    """A network and the cases it judges; `fold` is its number, None for the run's own network."""

    fold: int | None
    cases: tuple[str, ...]
    predictor: Predictor
    epochs: int


def cut_folds(cases: Sequence[str], groups: Mapping[str, str], count: int, seed: int) -> list[Fold]:
    """`count` folds of nearly equal size; every case is held out once, and a group (patient, lesion) is never split.

    A pure function of its arguments. Raises ConfigError where there are fewer than `count` groups, or count is below 2.
    """
    units: dict[str, list[str]] = {}
    for case in cases:
        units.setdefault(groups.get(case, f"case {case}"), []).append(case)
    if not 2 <= count <= len(units):
        among = "cases" if len(units) == len(cases) else "groups of cases that belong together"
        raise ConfigError(f"--folds {count}: from 2 to the {len(units)} {among} there are, or 0 for no cross-fitting")
    names = sorted(units)
    shuffled = [names[i] for i in np.random.default_rng([seed, _FOLD_STREAM]).permutation(len(names))]
    held: list[list[str]] = [[] for _ in range(count)]
    for name in sorted(shuffled, key=lambda name: -len(units[name])):  # large ones first keep the sizes even
        min(held, key=len).extend(units[name])
    return [
        Fold(
            number, tuple(case for case in cases if case not in out), tuple(case for case in cases if case in set(out))
        )
        for number, out in enumerate(held)
    ]


def cross_fit(
    settings: Settings,
    data: RunData,
    folds: Sequence[Fold],
    root: Path,
    *,
    epochs: int | None = None,
    device: torch.device,
    progress: Progress = lambda row: None,
) -> Iterator[Judging]:
    """Train a network a fold, as the run was trained, and yield it with the cases it did not see.

    A network gets the given masks of `fold.train` and the clean ones of the meta cases; no mask of a held-out case, and
    no clean mask of any training case, is read. Without `epochs` it takes as many steps as the run took. It is kept in
    root/fold_NUMBER_of_COUNT: finished, it is not trained again; interrupted, it goes on; for other settings, cases or
    masks it is made anew. `progress` gets the rows of `train`, with "fold" in each.
    """
    options = SliceOptions(**settings.slices.model_dump())
    hashes = _content(data)
    for fold in folds:
        batches = batches_of(settings, data, options, device, train=fold.train)
        shorter = settings.model_copy(update={"epochs": epochs or _epochs_for(settings, data, options, batches)})
        shorter = shorter.model_copy(update={"evaluate_every": shorter.epochs})
        record = {
            "train": list(fold.train),
            "held_out": list(fold.held_out),
            "settings": shorter.model_dump(),
            "sha256": {case: hashes[case] for case in (*fold.train, *data.meta)},
        }
        kept = KeptFold(root, fold.number, len(folds), record, result=_WEIGHTS)
        if not kept.finished:
            _train_fold(shorter, batches, kept, progress)
        yield Judging(fold.number, fold.held_out, load_run(kept.folder, device), shorter.epochs)


def _train_fold(settings: Settings, batches: SliceBatches, fold: KeptFold, progress: Progress) -> None:
    """Train into the fold's folder, from its latest checkpoint where there is one; nothing is evaluated."""
    resume = fold.begin(settings.model_dump())
    run = training_of(settings, batches)
    state = train(run, fold.folder, score="dice", progress=fold.numbered(progress), resume=resume)
    write_weights(fold.folder / _WEIGHTS, state.evaluated)
    fold.finish()


def _epochs_for(settings: Settings, data: RunData, options: SliceOptions, batches: SliceBatches) -> int:
    """Epochs over the fewer slices of a fold that come to the steps of the whole run."""
    whole = len(load_slices(data.dataset, data.train, options, labels=data.labels)) // settings.batch_size
    return max(1, round(settings.epochs * max(1, whole) / batches.steps))


def _content(data: RunData) -> dict[str, str]:
    """Case -> hash of its images and of the mask training reads of it."""
    found, faults = {}, []
    for case in (*data.train, *data.meta):
        mask = data.dataset.label_path(case, data.labels if case in data.train else CLEAN_LABELS)
        files = [*data.dataset.image_paths(case), mask]
        missing = [str(path) for path in files if not path.is_file()]
        faults += [f"{path}: no such file" for path in missing]
        found[case] = "" if missing else " ".join(sha256_file(path) for path in files)
    if faults:
        raise DataError(f"{len(faults)} files of this run are not there:\n  " + "\n  ".join(faults))
    return found

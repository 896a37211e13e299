"""Networks that never saw the cases they judge."""

from collections.abc import Mapping, Sequence

from l2b_data.cases.dataset import CLEAN_LABELS
from l2b_data.cases.slices import case_mask
from l2b_data.cases.slicing import SliceOptions
from l2b_data.errors import DataError
from l2b_data.files.hashing import sha256_file
from l2b_run.audit.cross_fit import AuditOptions, FoldNetwork
from l2b_run.audit.folds import Fold, cut_folds
from l2b_run.folder.write_run import write_weights
from l2b_seg.config import Settings
from l2b_seg.prediction.predictor import Predictor, load_run
from l2b_seg.run import batches_of, training_of
from l2b_seg.run_data import RunData


def cut_cases(cases: Sequence[str], groups: Mapping[str, str], count: int, seed: int) -> list[Fold]:
    """`count` folds of nearly equal size; a group (patient, lesion) is never split; see `cut_folds`."""

    def deal(drawn: list[list[int]], count: int) -> list[list[int]]:
        held: list[list[int]] = [[] for _ in range(count)]
        for group in sorted(drawn, key=lambda group: -len(group)):  # large ones first keep the sizes even
            min(held, key=len).extend(group)
        return held

    return cut_folds([groups.get(case, f"case {case}") for case in cases], count, seed, deal=deal, what="cases")


def deal_meta(meta: Sequence[str], groups: Mapping[str, str], count: int, seed: int) -> list[list[str]]:
    """For each of `count` folds the meta cases it does without, each case once, groups whole; a network keeps some.

    Empty where there are no two groups of them: one alone cannot be left out.
    """
    together = {groups.get(case, f"case {case}") for case in meta}
    folds = min(count, len(together))
    if folds < 2:
        return []
    held = [[meta[place] for place in fold.held_out] for fold in cut_cases(meta, groups, folds, seed)]
    return held + [[] for _ in range(count - folds)]


def fold_network(
    fold: Fold, settings: Settings, data: RunData, hashes: Mapping[str, str], options: AuditOptions
) -> FoldNetwork[Predictor]:
    """The network of a fold, trained as the run was; what is kept are its weights.

    It gets the given masks of `fold.train` and the clean ones of the meta cases; of the held-out cases the slices are
    counted, and no clean mask of a training case is read. Without `options.epochs` it takes as many steps as the run
    took. hashes: as `case_hashes`. Raises DataError where a file cannot be used.
    """
    cut, device = SliceOptions(**settings.slices.model_dump()), options.device
    trained = [data.train[place] for place in fold.train]
    epochs = options.epochs or _epochs_for(settings, data, cut, trained)
    shorter = settings.model_copy(update={"epochs": epochs, "evaluate_every": epochs})
    content = {
        "train": trained,
        "held_out": [data.train[place] for place in fold.held_out],
        "sha256": {case: hashes[case] for case in (*trained, *data.meta)},
    }
    return FoldNetwork(
        shorter,
        content,
        start=lambda: training_of(shorter, batches_of(settings, data, cut, device, train=tuple(trained))),
        result="model.safetensors",
        keep=lambda path, state: write_weights(path, state.evaluated),
        read=lambda path: load_run(path.parent, device),
    )


def _epochs_for(settings: Settings, data: RunData, options: SliceOptions, trained: Sequence[str]) -> int:
    """Epochs over the slices of the `trained` cases that come to the steps of the whole run; no image is read."""
    if settings.steps_per_epoch is not None:
        return settings.epochs
    slices = {case: len(case_mask(data.dataset, case, options, data.labels).array) for case in data.train}
    whole, part = (sum(slices[case] for case in cases) // settings.batch_size for cases in (data.train, trained))
    return max(1, round(settings.epochs * max(1, whole) / max(1, part)))


def case_hashes(data: RunData) -> dict[str, str]:
    """Case -> hash of its images and of the mask training reads of it. Raises DataError naming all absent files."""
    found, missing = {}, []
    for case in (*data.train, *data.meta):
        mask = data.dataset.label_path(case, data.labels if case in data.train else CLEAN_LABELS)
        files = [*data.dataset.image_paths(case), mask]
        missing += [f"{path}: no such file" for path in files if not path.is_file()]
        found[case] = "" if missing else " ".join(sha256_file(path) for path in files)
    if missing:
        raise DataError(f"{len(missing)} files of this run are not there:\n  " + "\n  ".join(missing))
    return found

"""From what `--data` names to what a run reads: prepared and corrupted once, then found again."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from data_prep.mask_noise.corrupt import corrupt
from data_prep.mask_sets.promise12 import prepare_promise12
from data_prep.mask_sets.promise12_files import is_case_file
from l2b_data.cases.dataset import CLEAN_LABELS, Dataset
from l2b_data.errors import ConfigError, DataError, L2BError
from l2b_data.files.cache import cache_dir
from l2b_data.files.hashing import sha256_file
from l2b_data.files.hidden import visible_files
from l2b_data.review.manifest import MANIFEST, excluded_by, excluded_text
from l2b_seg.config import DataSettings
from l2b_seg.run_data import RunData, recorded_data
from pipelines.plan.exclude import require_known, without_cases

_TUNING_STREAM = 2  # a generator of its own beside the split's
CLEAN = "clean"


def resolve_data(
    data: Path,
    settings: DataSettings,
    *,
    noise: str,
    noise_seed: int = 0,
    labels: str | None = None,
    exclude: Sequence[str] = (),
    say: Callable[[str], None] = lambda line: None,
) -> RunData:
    """The data of a run. `data`: a prepared set, or PROMISE12's own files, prepared in the cache under their content.

    noise: "L1" | "L2" | "L3" (corrupted where it is not yet) or "clean"; `labels` names a folder of given masks
    instead; cases that its review excluded, and those of `exclude`, are left out. `settings.tuning_cases` > 0 sets that
    many training cases aside and evaluates on them; the test cases are then not read at all. Raises ConfigError,
    DataError.
    """
    if not data.exists():
        raise DataError(f"--data {data}: no such folder; give a prepared data set or the folder of CaseNN.mhd files")
    dataset = Dataset.open(data) if (data / "splits.json").is_file() else _prepare(data, settings, say)
    what: dict[str, Any]
    excluded = require_known(exclude, dataset.cases, dataset.root, "case")
    if labels is not None:
        labels = label_folder(dataset, labels)
        if reviewed := excluded_by(dataset.root / labels):
            say(excluded_text(reviewed, "case", f"{labels}/{MANIFEST}"))
            excluded = list(dict.fromkeys([*reviewed, *excluded]))
        what = {"labels": labels}
    elif noise == CLEAN:
        labels, what = CLEAN_LABELS, {"level": CLEAN}
    else:
        labels = corrupt(dataset, level=noise, seed=noise_seed, workers=2, say=say).name
        what = {"level": noise, "seed": noise_seed}
    train, evaluation = list(dataset.splits["train"]), list(dataset.splits["test"])
    if settings.tuning_cases:
        train, evaluation = _tuning_split(train, dataset.groups, settings)
    found = RunData(dataset, labels, what, train, list(dataset.splits["meta"]), evaluation)
    return without_cases(found, excluded) if excluded else found


def resume_data(
    run: Path, data: Path | None, settings: DataSettings, *, say: Callable[[str], None] = lambda line: None
) -> RunData:
    """The data a run folder was trained on, by its split.json; `data` says where it stands now, if it has moved.

    Raises DataError where it is not found, ConfigError where `data` gives another split.
    """
    record = recorded_data(run)
    noise, cases = record["noise"], [record[name] for name in ("train", "meta", "evaluation")]
    if data is None:
        return RunData(Dataset.open(record["dataset"]), record["labels"], noise, *cases)
    level, seed = noise.get("level", CLEAN), noise.get("seed", 0)
    found = resolve_data(
        data,
        settings,
        noise=level,
        noise_seed=seed,
        labels=noise.get("labels"),
        exclude=noise.get("excluded", ()),
        say=say,
    )
    if not record["meta"]:  # trained without clean cases, whatever the data set has
        found = replace(found, meta=[])
    if set(record["train"]) <= set(found.train):  # the run of a fold has a part of them
        found = replace(found, train=record["train"])
    if [found.train, found.meta, found.evaluation] != cases:
        raise ConfigError(f"--data {data} has other cases than {run / 'split.json'}: leave --data out, or train anew")
    return found


def label_folder(dataset: Dataset, labels: str) -> str:
    """The folder of given masks: of the data set by name, else by path from here."""
    for folder, name in ((dataset.root / labels, labels), (Path(labels), str(Path(labels).resolve()))):
        if folder.is_dir():
            return name
    raise DataError(f"--labels {labels}: no such folder, neither in {dataset.root} nor from here")


def _prepare(source: Path, settings: DataSettings, say: Callable[[str], None]) -> Dataset:
    """The raw source as a prepared set in the cache, made at the first call for this content and split."""
    zipped = source.suffix.lower() == ".zip" and source.is_file()
    files = [source] if zipped else [path for path in visible_files(source, deep=True) if is_case_file(path.name)]
    if not files:
        raise DataError(
            f"{source} holds neither a prepared data set (splits.json) nor CaseNN.mhd files; make one of your own data "
            "with `l2b-seg prepare`"
        )
    listing = "".join(f"{path.name} {sha256_file(path)}\n" for path in files)
    content = hashlib.sha256(listing.encode()).hexdigest()[:16]
    key = f"{content}_{settings.split}_s{settings.split_seed}_t{settings.test_cases}"
    prepared = cache_dir() / "prepared" / f"promise12_{key}"
    if (prepared / "splits.json").is_file():
        say(f"prepared data set found: {prepared}")
        return Dataset.open(prepared)
    try:
        return prepare_promise12(
            [source], prepared, split=settings.split, seed=settings.split_seed, test_cases=settings.test_cases, say=say
        )
    except (OSError, L2BError):
        if (prepared / "splits.json").is_file():  # another process made it in the meantime
            return Dataset.open(prepared)
        raise


def _tuning_split(train: list[str], groups: dict[str, str], settings: DataSettings) -> tuple[list[str], list[str]]:
    """Training and tuning cases; a group (a patient, say) is not split, and may make the tuning cases a few more."""
    if settings.tuning_cases >= len(train):
        raise ConfigError(f"data.tuning_cases {settings.tuning_cases} leaves no training case of {len(train)}")
    together: dict[tuple[bool, str], list[str]] = {}
    for case in train:
        together.setdefault((case in groups, groups.get(case, case)), []).append(case)
    whole, drawn = list(together.values()), list[str]()
    for i in np.random.default_rng([settings.split_seed, _TUNING_STREAM]).permutation(len(whole)):
        if len(drawn) < settings.tuning_cases:
            drawn += whole[i]
    if len(drawn) == len(train):
        raise ConfigError(
            f"data.tuning_cases {settings.tuning_cases}: no training case is left, as groups are kept whole"
        )
    return [case for case in train if case not in drawn], sorted(drawn)

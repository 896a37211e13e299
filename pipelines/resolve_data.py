"""From what `--data` names to what a run reads: prepared and corrupted once, then found again."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from data_prep.corrupt import corrupt
from data_prep.promise12 import prepare_promise12
from l2b_run.cache import cache_dir
from l2b_run.errors import ConfigError, DataError
from l2b_seg.config import DataSettings
from l2b_seg.dataset import CLEAN_LABELS, Dataset
from l2b_seg.hashing import sha256_file
from l2b_seg.run import RunData

_TUNING_STREAM = 2  # a generator of its own beside the split's
CLEAN = "clean"


def resolve_data(
    data: Path,
    settings: DataSettings,
    *,
    noise: str,
    noise_seed: int = 0,
    labels: str | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> RunData:
    """The data of a run. `data`: a prepared set, or PROMISE12's own files, prepared in the cache under their content.

    noise: "L1" | "L2" | "L3" (corrupted where it is not yet) or "clean"; `labels` names a folder of given masks
    instead. `settings.tuning_cases` > 0 sets that many training cases aside and evaluates on them; the test cases are
    then not read at all. Raises ConfigError, DataError.
    """
    if not data.exists():
        raise DataError(f"--data {data}: no such folder; give a prepared data set or the folder of CaseNN.mhd files")
    dataset = Dataset.open(data) if (data / "splits.json").is_file() else _prepare(data, settings, say)
    if labels is None and noise != CLEAN:
        labels = corrupt(dataset, level=noise, seed=noise_seed, workers=2, say=say).name
    what: dict[str, Any] = (
        {"level": noise, "seed": noise_seed} if labels is None or noise != CLEAN else {"labels": labels}
    )
    train, evaluation = list(dataset.splits["train"]), list(dataset.splits["test"])
    if settings.tuning_cases:
        train, evaluation = _tuning_split(train, settings)
    return RunData(dataset, labels or CLEAN_LABELS, what, train, list(dataset.splits["meta"]), evaluation)


def _prepare(source: Path, settings: DataSettings, say: Callable[[str], None]) -> Dataset:
    """The raw source as a prepared set in the cache, made at the first call for this content and split."""
    files = sorted(path for path in source.rglob("*") if path.suffix.lower() in (".mhd", ".raw", ".zraw", ".zip"))
    if not files:
        raise DataError(f"{source} holds neither a prepared data set (splits.json) nor CaseNN.mhd files")
    key = f"{_content(files)}_{settings.split}_s{settings.split_seed}_t{settings.test_cases}"
    prepared = cache_dir() / "prepared" / f"promise12_{key}"
    if (prepared / "splits.json").is_file():
        say(f"prepared data set found: {prepared}")
        return Dataset.open(prepared)
    return prepare_promise12(
        [source],
        prepared,
        split=settings.split,
        seed=settings.split_seed,
        test_cases=settings.test_cases,
        say=say,
    )


def _content(files: list[Path]) -> str:
    """Names and bytes of the source files in 16 hex digits."""
    listing = "".join(f"{path.name} {sha256_file(path)}\n" for path in files)
    return hashlib.sha256(listing.encode()).hexdigest()[:16]


def _tuning_split(train: list[str], settings: DataSettings) -> tuple[list[str], list[str]]:
    if settings.tuning_cases >= len(train):
        raise ConfigError(f"data.tuning_cases {settings.tuning_cases} leaves no training case of {len(train)}")
    order = np.random.default_rng([settings.split_seed, _TUNING_STREAM]).permutation(len(train))
    drawn = sorted(train[i] for i in order[: settings.tuning_cases])
    return [case for case in train if case not in drawn], drawn

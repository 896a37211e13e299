"""Cases and samples that a run leaves out, by `--exclude` or as their review excluded them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from l2b_cls import run_data as samples
from l2b_data.errors import ConfigError, DataError
from l2b_data.files.shorten import first_names
from l2b_data.files.text_lines import read_lines
from l2b_data.review.manifest import excluded_text
from l2b_seg import run_data as cases
from pipelines.plan.request import TrainRequest

_SHOWN = 8


def read_excluded(request: TrainRequest, say: Callable[[str], None], what: str) -> list[str]:
    """The names in the file of `--exclude`, each once; [] without one. Raises DataError where it cannot be read."""
    if request.exclude is None:
        return []
    names = list(dict.fromkeys(read_lines(request.exclude)))
    say(excluded_text(names, what, str(request.exclude)))
    return names


def require_known(excluded: Sequence[str], known: Iterable[str], root: Path, what: str) -> list[str]:
    """`excluded`; raises ConfigError with those that the data set in `root` does not have."""
    known = set(known)
    if strange := [name for name in excluded if name not in known]:
        has = first_names(sorted(known), _SHOWN)
        raise ConfigError(f"--exclude: no {what} {first_names(strange, _SHOWN)} in {root}; it has {has}")
    return list(excluded)


def without_cases(data: cases.RunData, excluded: Sequence[str]) -> cases.RunData:
    """The data without these cases, whatever they are for; its record names them.

    Raises DataError where no training or no evaluation case is left.
    """
    parts = [[case for case in part if case not in excluded] for part in (data.train, data.meta, data.evaluation)]
    train, meta, evaluation = parts
    if not train or not evaluation:
        raise DataError(f"every {'evaluation' if train else 'training'} case is excluded; leave some in")
    noise = data.noise | {"excluded": list(excluded)}
    return replace(data, noise=noise, train=train, meta=meta, evaluation=evaluation)


def without_samples(data: samples.RunData, excluded: np.ndarray, by: str = "--exclude") -> samples.RunData:
    """The data without some samples of the set, `excluded` (N,) bool, whatever they are for.

    Raises DataError, naming what they are excluded `by`, where no training or no evaluation sample is left.
    """
    kept = [np.flatnonzero(~excluded[part]) for part in (data.train, data.meta, data.evaluation)]
    train, meta, evaluation = kept
    if not len(train) or not len(evaluation):
        raise DataError(f"{by} excludes every {'evaluation' if len(train) else 'training'} sample")
    return replace(data.part(train, meta=meta), evaluation=data.evaluation[evaluation])


def exclude_samples(data: samples.RunData, names: Sequence[str]) -> samples.RunData:
    """The data without the samples of these names; its record names them beside those of a review."""
    found = without_samples(data, np.isin(data.images.names, names))
    every = list(dict.fromkeys([*data.noise.get("excluded", []), *names]))
    return replace(found, noise=found.noise | {"excluded": every})

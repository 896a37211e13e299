"""Images and masks of a prepared data set -> its fingerprint."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from l2b_data.cases.dataset import CLEAN_LABELS, Dataset
from l2b_data.cases.fingerprint import Box, ClassFacts, Fingerprint
from l2b_data.cases.label_map import case_labels
from l2b_data.cases.slicing_plane import slicing_plane
from l2b_data.errors import DataError
from l2b_data.files.atomic import write_json
from l2b_data.images.volume import read_volume

_BINS = 200  # of rows and of columns in a profile
_TRIMMED = 0.02  # share of a class left outside on each side: a wrong mask or two do not decide what holds all others
_IMAGES = 40  # read for intensities
_OUTLINE = np.pi / 4  # length of an outline in pixel edges -> its length, mean over directions
_WHOLE: Box = (0.0, 1.0, 0.0, 1.0)


@dataclass
class _Sums:
    """Of one class: pixels, edges of its outline, both over a slice's area and side, and where it lies."""

    area: float = 0.0
    outline: float = 0.0
    slices: int = 0
    cases: int = 0
    rows: np.ndarray = field(default_factory=lambda: np.zeros(_BINS))
    columns: np.ndarray = field(default_factory=lambda: np.zeros(_BINS))
    clean: list[Box] = field(default_factory=list)


def measure_fingerprint(
    dataset: Dataset,
    train: Sequence[str] | None = None,
    meta: Sequence[str] | None = None,
    *,
    labels: str | Path = CLEAN_LABELS,
    plane: str | None = None,
) -> Fingerprint:
    """The fingerprint of the cases `train` under the masks of folder `labels` and `meta` under their clean ones.

    train, meta: those of the data set's split where left out; test cases are never read. plane: `slicing_plane` where
    left out. Cases that cannot be read are passed over (training names them).
    Raises DataError where none can be read.
    """
    train = dataset.splits["train"] if train is None else train
    meta = dataset.splits["meta"] if meta is None else meta
    plane = plane or slicing_plane(dataset)
    sums = {label: _Sums() for label in range(1, len(dataset.labels))}
    counts, sizes, spacings = {"train": 0, "meta": 0}, list[tuple[int, ...]](), list[np.ndarray]()
    shown = 0
    for case in [*train, *meta]:
        clean = case in meta
        try:
            mask = case_labels(dataset, case, CLEAN_LABELS if clean else labels)
        except DataError:
            continue
        cut = mask.cut(plane)
        array = cut.apply(mask.array)
        counts["meta" if clean else "train"] += len(array)
        sizes.append(array.shape)
        spacings.append(np.array(mask.spacing_mm)[list(cut.order)])
        for label, one in sums.items():
            _add(one, array == label, clean=clean)
        shown += int((array > 0).any((1, 2)).sum())
    if not sizes:
        raise DataError(f"{dataset.root}: no mask of a training or meta case can be read")
    n_slices, slices = sum(counts.values()), [size[0] for size in sizes]
    facts = {
        name: _facts(sums[value if len(sums) > 1 else 1], n_slices, len(sizes))
        for name, value in dataset.classes.items()
    }
    rows, columns = (int(np.median([size[axis] for size in sizes])) for axis in (1, 2))
    spacing = np.median(spacings, axis=0) if dataset.spacing_unit == "mm" else np.ones(3)
    return Fingerprint(
        kind="pictures" if max(slices) == 1 else "volumes",
        plane=plane,
        channels=len(dataset.channels),
        cases=len(train),
        slices=counts["train"],
        meta_cases=len(meta),
        meta_slices=counts["meta"],
        foreground=round(shown / n_slices, 4),
        rows=rows,
        columns=columns,
        spacing=(round(float(spacing[0]), 4), round(float(spacing[1]), 4), round(float(spacing[2]), 4)),
        spacing_unit=dataset.spacing_unit,
        intensities=_intensities(dataset, [*train, *meta]),
        classes=facts,
        box=_around([one.box for one in facts.values() if one.cases]),
    )


def store_fingerprint(root: Path) -> None:
    """Put the fingerprint of the prepared data set in `root` into its dataset.json, under "fingerprint"."""
    dataset = Dataset.open(root)
    write_json(root / "dataset.json", dataset.info | {"fingerprint": measure_fingerprint(dataset).to_json()})


def _add(sums: _Sums, there: np.ndarray, *, clean: bool) -> None:
    """Take in one case's pixels of a class, (D, H, W) bool."""
    pixels = int(there.sum())
    if not pixels:
        return
    height, width = there.shape[1:]
    side = np.sqrt(height * width)
    padded = np.pad(there, ((0, 0), (1, 1), (1, 1)))
    edges = sum(int((np.diff(padded, axis=axis)).sum()) for axis in (1, 2))
    sums.area += pixels / (height * width)
    sums.outline += edges * _OUTLINE / side
    sums.slices += int(there.any((1, 2)).sum())
    sums.cases += 1
    profiles = _profile(there.sum((0, 2)) / pixels), _profile(there.sum((0, 1)) / pixels)
    sums.rows, sums.columns = sums.rows + profiles[0], sums.columns + profiles[1]
    if clean:
        sums.clean.append((*_held(profiles[0], 0.0), *_held(profiles[1], 0.0)))


def _profile(shares: np.ndarray) -> np.ndarray:
    """Shares of a class by row or column, (n,), spread over `_BINS` bins."""
    edges = np.linspace(0, len(shares), _BINS + 1)
    return np.diff(np.interp(edges, np.arange(len(shares) + 1), np.concatenate([[0], np.cumsum(shares)])))


def _held(profile: np.ndarray, trimmed: float) -> tuple[float, float]:
    """Where the profile begins and ends, `trimmed` of its sum left out on each side."""
    done = np.cumsum(profile) / profile.sum()
    begin, end = np.searchsorted(done, trimmed, side="right"), np.searchsorted(done, 1 - max(trimmed, 1e-9))
    return round(int(begin) / _BINS, 3), round((int(end) + 1) / _BINS, 3)


def _box(sums: _Sums) -> Box:
    """What holds the class but `_TRIMMED` of it, and all of it in clean masks; the whole slice where none shows it."""
    if not sums.cases:
        return _WHOLE
    given = (*_held(sums.rows, _TRIMMED), *_held(sums.columns, _TRIMMED))
    return _around([given, *sums.clean])


def _around(boxes: Sequence[Box]) -> Box:
    """The box around all of them; the whole slice where there is none."""
    if not boxes:
        return _WHOLE
    top, bottom, left, right = zip(*boxes, strict=True)
    return min(top), max(bottom), min(left), max(right)


def _facts(sums: _Sums, slices: int, cases: int) -> ClassFacts:
    width = 2 * sums.area / sums.outline if sums.outline else 0.0
    return ClassFacts(
        share=float(f"{sums.area / slices:.4g}"),
        slices=round(sums.slices / slices, 4),
        cases=round(sums.cases / cases, 4),
        width=round(float(width), 5),
        box=_box(sums),
    )


def _intensities(dataset: Dataset, cases: Sequence[str]) -> list[tuple[float, float, float]]:
    """Percentiles of each channel, means over `_IMAGES` cases spread evenly over `cases`."""
    every = max(1, -(-len(cases) // _IMAGES))
    found: list[list[np.ndarray]] = [[] for _ in dataset.channels]
    for case in cases[::every]:
        for channel, path in enumerate(dataset.image_paths(case)):
            try:
                found[channel].append(np.percentile(read_volume(path).array, [1, 50, 99]))
            except DataError:
                continue
    means = [np.mean(one, axis=0) if one else np.zeros(3) for one in found]
    return [(float(f"{low:.4g}"), float(f"{middle:.4g}"), float(f"{high:.4g}")) for low, middle, high in means]

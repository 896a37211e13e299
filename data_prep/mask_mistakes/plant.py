"""Copies of the training masks with a share of them spoilt by mistakes people make, and the truth in a manifest."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np

from data_prep.mask_mistakes.kinds import KINDS, MISTAKES, OF_CLASSES, SWAPPED, CleanMask
from data_prep.mask_noise.kept_masks import require_same, source_hashes
from l2b_data.cases.dataset import Dataset
from l2b_data.cases.dice import dice
from l2b_data.cases.label_map import case_labels
from l2b_data.cases.noise_manifest import MANIFEST
from l2b_data.errors import ConfigError, DataError
from l2b_data.files.atomic import atomic_folder, write_json
from l2b_data.files.extras import package_version
from l2b_data.files.hashing import sha256_file
from l2b_data.images.volume import Volume, write_volume

MANIFEST_FORMAT = 1
VISIBLE = 0.95
"""A mistake that leaves a Dice above it is none to be found: another case gets it."""

_STREAM = 23  # a random stream of its own beside those of the noise

Say = Callable[[str], None]
Spoilt = dict[str, Any]
"""Of a case: its wrong labels (slices first) under "labels", and "kind", "size", "partner"."""


@dataclass(frozen=True)
class Planting:
    """What is to be planted: kinds in the order of KINDS, share of the training cases that gets one, seed."""

    kinds: tuple[str, ...]
    share: float
    seed: int

    def record(self) -> dict[str, Any]:
        """What makes two plantings the same, ready for JSON."""
        kinds = list(self.kinds)
        return {"format": MANIFEST_FORMAT, "level": "mistakes", "kinds": kinds, "share": self.share, "seed": self.seed}


@dataclass
class _Masks:
    """The clean masks of the training cases, slices first, read at need."""

    dataset: Dataset
    cases: list[str]
    spoilt: dict[str, Spoilt] = field(default_factory=dict)

    def volume(self, case: str) -> Volume:
        return case_labels(self.dataset, case)

    def clean(self, case: str) -> CleanMask:
        volume = self.volume(case)
        cut = volume.cut(self.dataset.plane)
        z, y, x = (volume.spacing_mm[axis] for axis in cut.order)
        return CleanMask(cut.apply(volume.array), (z, y, x))

    @property
    def free(self) -> list[str]:
        return [case for case in self.cases if case not in self.spoilt]


def parse_kinds(text: str) -> tuple[str, ...]:
    """`all`, or names of KINDS with commas between them. Raises ConfigError for others."""
    names = KINDS if text.strip() == "all" else tuple(part.strip() for part in text.split(","))
    if unknown := [name for name in names if name not in KINDS]:
        raise ConfigError(f"--mistakes {', '.join(map(repr, unknown))}: there are all, {', '.join(KINDS)}")
    return tuple(kind for kind in KINDS if kind in names)


def plant(
    dataset: Dataset, kinds: Sequence[str] = KINDS, *, share: float = 0.2, seed: int = 0, say: Say = lambda line: None
) -> Path:
    """Write labelsTr_mistakes_s<seed>: all training masks, a `share` of them with a mistake each; returns the folder.

    The kinds take turns, in an order drawn from the seed; a kind no free case can have is left out, and said. Masks
    are spoilt slice-wise in the data set's plane and keep their grids. noise_manifest.json has for every case the
    hashes of clean and written mask, its Dice to the clean one (of several classes the mean over those in either) and
    kind, size and, of a swapped pair, partner; null where it was left as it is. Meta and test cases are never spoilt.
    The same arguments and masks give the same files; a folder that holds them is returned as it is. Raises ConfigError
    for an unknown kind or a share outside (0, 1], DataError for a folder that holds something else, or
    masks of which none can have such a mistake.
    """
    planting = _checked(dataset, kinds, share, seed)
    folder = dataset.root / f"labelsTr_mistakes_s{seed}"
    sources = source_hashes(dataset)
    if folder.exists():
        require_same(folder, planting.record(), sources)
        return folder
    masks = _Masks(dataset, [case for case in sources if case_labels(dataset, case).array.any()])
    left_out = _spoil(masks, planting, say)
    if not masks.spoilt:
        raise DataError(f"{dataset.root}: none of its training masks can have the mistakes {', '.join(planting.kinds)}")
    with atomic_folder(folder) as temporary:
        rows = {case: {"source_sha256": source, **_write(masks, case, temporary)} for case, source in sources.items()}
        write_json(temporary / MANIFEST, _manifest(planting, rows, left_out))
    return folder


def _checked(dataset: Dataset, kinds: Sequence[str], share: float, seed: int) -> Planting:
    faults = []
    if not 0 < share <= 1:
        faults.append(f"--share {share:g}: above 0 and at most 1")
    if seed < 0:
        faults.append(f"--seed {seed}: at least 0")
    if not dataset.splits["train"]:
        faults.append(f"{dataset.root}: its split has no training case to spoil")
    if faults:
        raise ConfigError("corrupt: " + "; ".join(faults))
    return Planting(parse_kinds(",".join(kinds)), share, seed)


def _spoil(masks: _Masks, planting: Planting, say: Say) -> list[str]:
    """Deal the mistakes to cases, into `masks.spoilt`; the kinds that no case could have."""
    rng = np.random.default_rng([planting.seed, _STREAM])
    wanted = max(1, round(planting.share * len(masks.cases)))
    masks.cases = [str(case) for case in rng.permutation(masks.cases)]
    order, planted = [str(kind) for kind in rng.permutation(planting.kinds)], set[str]()
    open_kinds = [kind for kind in order if len(masks.dataset.classes) > 1 or kind not in OF_CLASSES]
    for kind in cycle(order):
        left = wanted - len(masks.spoilt)
        if left <= 0 or not open_kinds:
            break
        if kind not in open_kinds or (kind == SWAPPED and left < 2 and len(open_kinds) > 1):
            continue
        found = next(_swaps(masks) if kind == SWAPPED else _single(masks, kind, rng), None)
        if found is None:
            open_kinds.remove(kind)
            continue
        masks.spoilt |= found
        planted.add(kind)
        for case, one in found.items():
            say(f"[{len(masks.spoilt)}/{wanted}] {case}: {one['kind']}")
    return [kind for kind in planting.kinds if kind not in planted and kind not in open_kinds]


def _single(masks: _Masks, kind: str, rng: np.random.Generator) -> Iterator[dict[str, Spoilt]]:
    """The mistake in each free case in turn, where that can have it."""
    for case in masks.free:
        clean = masks.clean(case)
        wrong = MISTAKES[kind](clean, rng)
        if wrong is not None and label_dice(wrong[0], clean.labels) <= VISIBLE:
            yield {case: {"labels": wrong[0], "kind": kind, "size": wrong[1], "partner": None}}


def _swaps(masks: _Masks) -> Iterator[dict[str, Spoilt]]:
    """Two free cases of one grid with each other's masks."""
    free = masks.free
    for place, one in enumerate(free):
        mine = masks.clean(one).labels
        for other in free[place + 1 :]:
            theirs = masks.clean(other).labels
            if mine.shape == theirs.shape and label_dice(mine, theirs) <= VISIBLE:
                yield {
                    case: {"labels": labels, "kind": SWAPPED, "size": {}, "partner": partner}
                    for case, labels, partner in ((one, theirs, other), (other, mine, one))
                }


def label_dice(one: np.ndarray, other: np.ndarray) -> float:
    """Dice of two label maps, of several classes the mean over those in either; 1 where both are empty."""
    values = sorted({*np.unique(one).tolist(), *np.unique(other).tolist()} - {0})
    return float(np.mean([dice(one == value, other == value) for value in values])) if values else 1.0


def _write(masks: _Masks, case: str, folder: Path) -> dict[str, Any]:
    """Write the case's mask, wrong or as it is, on the grid of the clean one; its row of the manifest."""
    clean, path = masks.volume(case), folder / masks.dataset.label_path(case).name
    found = masks.spoilt.get(case)
    labels = clean.array if found is None else clean.cut(masks.dataset.plane).undo(found["labels"])
    write_volume(clean.with_array(labels.astype(np.uint8)), path)
    row: dict[str, Any] = {"noisy_sha256": sha256_file(path), "dice": label_dice(labels, clean.array)}
    told = {} if found is None else {key: found[key] for key in ("kind", "size", "partner")}
    return row | {"kind": None, "size": None, "partner": None} | told


def _manifest(planting: Planting, rows: dict[str, dict[str, Any]], left_out: list[str]) -> dict[str, Any]:
    counts = {kind: sum(row["kind"] == kind for row in rows.values()) for kind in planting.kinds}
    definitions = {kind: (MISTAKES[kind].__doc__ or "").strip() for kind in planting.kinds if kind != SWAPPED}
    if SWAPPED in planting.kinds:
        definitions[SWAPPED] = "The masks of two cases of one grid exchanged."
    return {
        **planting.record(),
        "tool_version": package_version("l2b") or "not installed",
        "achieved_dice": float(np.mean([row["dice"] for row in rows.values()])),
        "spoilt": sum(counts.values()),
        "counts": counts,
        "left_out": left_out,
        "definitions": definitions,
        "cases": rows,
    }

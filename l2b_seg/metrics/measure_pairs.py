"""Every pair of an evaluation read and measured."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from l2b_data.errors import DataError
from l2b_data.images.image_files import IMAGE_SUFFIXES
from l2b_data.images.stored_as import stored_as
from l2b_seg.metrics.foreground import Foreground
from l2b_seg.metrics.mask_pairs import MaskPairs
from l2b_seg.metrics.read_mask import read_mask
from l2b_seg.metrics.summary import Unit


@dataclass
class Measured:
    """By case id: metrics, spacing used, message of failure, what differs in grid.

    held, there: value of the predictions, of the references -> cases with it. soft: "predictions" or "references" ->
    cases cut at half. notes: file name -> what of it had to be interpreted.
    """

    cases: dict[str, Any] = field(default_factory=dict)
    spacings: dict[str, tuple[float, ...]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    misplaced: dict[str, str] = field(default_factory=dict)
    held: Counter[int] = field(default_factory=Counter)
    there: Counter[int] = field(default_factory=Counter)
    soft: Counter[str] = field(default_factory=Counter)
    notes: dict[str, tuple[str, ...]] = field(default_factory=dict)


def measure_pairs(
    matched: MaskPairs, unit: Unit, tolerance: float | None, foreground: Foreground, say: Callable[[str], None]
) -> Measured:
    """Every pair; raises DataError, naming all of them, for masks on different grids."""
    found, pairs = Measured(), matched.pairs
    for number, (case, paths) in enumerate(pairs.items(), start=1):
        say(f"[{number}/{len(pairs)}] {case}")
        try:
            pred, ref = (read_mask(path, own) for path, own in zip(paths, matched.own, strict=True))
            pred = replace(pred, volume=stored_as(pred.volume, ref.volume))
            if differences := pred.volume.same_grid(ref.volume):
                found.misplaced[case] = "; ".join([*differences, *pred.volume.notes, *ref.volume.notes])
                continue
            if unit == "mm" and not ref.volume.spacing_known:
                way_out = "ask for distances in voxels (--spacing-unit voxel)"
                raise DataError(f"{paths[1]}: its header has no spacing (dots an inch are a printer's); {way_out}")
        except DataError as error:
            found.failed[case] = str(error)
            continue
        spacing = ref.volume.spacing_mm if unit == "mm" else (1.0, 1.0, 1.0)
        found.cases[case] = foreground.metrics(pred.volume.array, ref.volume.array, spacing, tolerance)
        found.spacings[case] = spacing
        found.held.update(pred.values.tolist())
        found.there.update(ref.values.tolist())
        found.notes |= {str(path): mask.volume.notes for path, mask in zip(paths, (pred, ref), strict=True)}
        found.soft.update(what for what, mask in (("predictions", pred), ("references", ref)) if mask.soft)
    if found.misplaced:
        raise DataError(
            f"{len(found.misplaced)} of {len(pairs)} predictions lie on another grid than their reference:\n  "
            + "\n  ".join(f"{case}: {text}" for case, text in found.misplaced.items())
            + "\nbring both onto one grid (nearest neighbour), or correct the wrong header"
        )
    return found


def is_picture(path: Path) -> bool:
    """Whether a file is a 2-D picture by its name."""
    return path.suffix.lower() in IMAGE_SUFFIXES

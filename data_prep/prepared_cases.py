"""Source files of any kind -> a prepared data set: read, checked, labels numbered, split, written. All or nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from data_prep.fit_mask import fit_mask
from data_prep.image_pairs import RawCase
from data_prep.label_values import LabelValues, derive_label_values
from data_prep.split import SplitOptions, split_cases
from l2b_run.atomic import atomic_folder
from l2b_run.errors import ConfigError, DataError
from l2b_seg.dataset import CLEAN_LABELS, ENDING, SPACING_UNITS, Dataset, write_dataset_files
from l2b_seg.hashing import sha256_file
from l2b_seg.image_files import IMAGE_SUFFIXES, file_suffix, read_channels, read_label_map, same_grid_faults
from l2b_seg.volume import Volume, read_volume, write_volume

UNIT_MODES = ("auto", *SPACING_UNITS)
_LUMA = (0.299, 0.587, 0.114)
Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """How cases become a data set.

    channels: names, or None for red, green, blue or numbered ones. label_values: None derives them from the masks.
    groups: case -> patient or lesion, no group is split. spacing_unit: "auto" is "mm" where every image has a
    spacing. fit_masks: masks of another size are brought onto their picture's grid (`fit_mask`), else refused. grey:
    colour pictures are read as grey (luma of ITU-R BT.601).
    """

    name: str
    split: SplitOptions
    source: dict[str, Any]
    groups: Mapping[str, str] = field(default_factory=dict)
    channels: Sequence[str] | None = None
    label_values: LabelValues | None = None
    spacing_unit: str = "auto"
    fit_masks: bool = False
    grey: bool = False


@dataclass
class _Found:
    """What reading all cases brings to light."""

    values: dict[str, np.ndarray] = field(default_factory=dict)
    channels: dict[str, int] = field(default_factory=dict)
    spacing_known: dict[str, bool] = field(default_factory=dict)
    sha256: dict[str, dict[str, Any]] = field(default_factory=dict)


def write_prepared(
    out: Path | str,
    cases: Mapping[str, RawCase],
    plan: Plan,
    *,
    faults: Sequence[str] = (),
    say: Say = lambda line: None,
) -> Dataset:
    """Write `cases` as a prepared data set into the folder `out`, which must not exist or be empty.

    Images keep their values and geometry; masks become uint8 labels 0 ... n on their image's grid. `faults` are what
    was found wrong before (cases without a mask, ...): they join those found on reading, so that one message has all.

    Raises:
        ConfigError: `out` is in use, unknown spacing unit, a split that cannot be made, wrong number of channel names.
        DataError: the faults of all cases; nothing is written.
    """
    out = Path(out)
    _check_out(out, plan)
    if not cases and not faults:
        raise DataError("no case found")
    splits: dict[str, list[str]] = {}
    how: dict[str, Any] = {}
    if not faults:
        splits, how = split_cases(list(cases), plan.split, plan.groups)
    with atomic_folder(out, flush=True) as folder:
        found = _write_cases(folder, cases, plan, list(faults), say)
        values = plan.label_values or derive_label_values(found.values)
        _number_labels(folder, cases, values)
        write_dataset_files(
            folder,
            name=plan.name,
            channels=_channel_names(plan.channels, found.channels),
            labels=values.labels,
            splits=splits,
            spacing_unit=_spacing_unit(plan.spacing_unit, found.spacing_known, say),
            how=how,
            source={**plan.source, "label_values": values.record(), "sha256": found.sha256},
            groups={case: plan.groups[case] for case in cases if case in plan.groups} or None,
        )
    _tell(values, found, how, plan, say)
    return Dataset.open(out)


def read_raw_case(raw: RawCase, *, fit_masks: bool = False, grey: bool = False) -> tuple[list[Volume], Volume]:
    """Channels and mask (file values, whole numbers) of one case on one grid; `DataError` with all that is wrong."""
    channels = [channel for path in raw.images for channel in _channels(path, grey)]
    mask = read_label_map(raw.label)
    faults = same_grid_faults(channels)
    pictures = [file_suffix(path) in IMAGE_SUFFIXES for path in (raw.images[0], raw.label)]
    if pictures[0] != pictures[1]:
        faults.append("one of image and mask is a picture and the other a volume: how they lie is not known")
    elif fit_masks and pictures[0]:
        try:
            mask = channels[0].with_array(fit_mask(mask.array, channels[0].array.shape))
        except ValueError as error:
            faults.append(str(error))
    else:
        faults += [f"image and mask differ in {fault}" for fault in channels[0].same_grid(mask)]
    if not all(np.isfinite(channel.array).all() for channel in channels):
        faults.append("the image holds NaN or infinite values")
    if faults:
        raise DataError(f"{raw.images[0]}, {raw.label}: " + "; ".join(faults))
    return channels, mask


def _channels(path: Path, grey: bool) -> list[Volume]:
    channels = read_channels(path)
    if not grey or len(channels) != 3 or file_suffix(path) not in IMAGE_SUFFIXES:
        return channels
    luma = np.tensordot(_LUMA, np.stack([channel.array for channel in channels]), 1)
    return [channels[0].with_array(np.round(luma).astype(channels[0].array.dtype))]


def _check_out(out: Path, plan: Plan) -> None:
    faults = []
    if plan.spacing_unit not in UNIT_MODES:
        faults.append(f"--spacing-unit {plan.spacing_unit}: one of {', '.join(UNIT_MODES)}")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        faults.append(f"--out {out}: already there and not empty; choose another folder or remove it")
    if faults:
        raise ConfigError("prepare: " + "; ".join(faults))


def _write_cases(folder: Path, cases: Mapping[str, RawCase], plan: Plan, faults: list[str], say: Say) -> _Found:
    """Write images and masks (values as found) while there is no fault; `DataError` with all of them in the end."""
    found = _Found()
    total = len(cases) + len(faults)
    for number, (case, raw) in enumerate(cases.items(), 1):
        try:
            channels, mask = read_raw_case(raw, fit_masks=plan.fit_masks, grey=plan.grey)
            found.values[case] = _values(mask, raw, plan.label_values)
            if not faults:
                for index, channel in enumerate(channels):
                    path = folder / "imagesTr" / f"{case}_{index:04d}{ENDING}"
                    write_volume(channels[0].with_array(channel.array), path, flush=False)
                path = folder / CLEAN_LABELS / f"{case}{ENDING}"
                write_volume(channels[0].with_array(mask.array), path, flush=False)
        except (DataError, ValueError) as error:  # ValueError: numbers too large for the file
            faults.append(f"{case}: {error}")
            continue
        found.channels[case] = len(channels)
        found.spacing_known[case] = channels[0].spacing_known
        hashes = [sha256_file(path) for path in raw.images]
        found.sha256[case] = {"images": hashes, "label": sha256_file(raw.label)}
        say(f"[{number}/{len(cases)}] {case} {'x'.join(map(str, channels[0].array.shape))}")
    faults += _channel_faults(found.channels)
    if faults:
        raise DataError(f"{len(faults)} faults in {total} cases; nothing was written:\n  " + "\n  ".join(faults))
    return found


def _values(mask: Volume, raw: RawCase, label_values: LabelValues | None) -> np.ndarray:
    values = np.unique(mask.array)
    unknown = label_values.unknown(values) if label_values else []
    if unknown:
        shown = ", ".join(map(str, unknown[:8])) + (", ..." if len(unknown) > 8 else "")
        known = ", ".join(f"{name} {'+'.join(map(str, of))}" for name, of in label_values.record().items())  # type: ignore[union-attr]
        raise DataError(f"{raw.label}: holds {shown}; named are {known}")
    return values


def _channel_faults(channels: Mapping[str, int]) -> list[str]:
    counts = sorted(set(channels.values()), key=lambda count: -list(channels.values()).count(count))
    hint = "; --grey reads colour pictures as grey" if set(counts) == {1, 3} else ""
    return [
        f"{case}: {channels[case]} channels where most cases have {counts[0]}{hint}"
        for case in channels
        if channels[case] != counts[0]
    ]


def _number_labels(folder: Path, cases: Mapping[str, RawCase], values: LabelValues) -> None:
    """Replace file values by labels in labelsTr, now that the values of every case are known."""
    for case in cases:
        path = folder / CLEAN_LABELS / f"{case}{ENDING}"
        mask = read_volume(path)
        write_volume(mask.with_array(values.relabel(mask.array)), path, flush=False)


def _channel_names(names: Sequence[str] | None, channels: Mapping[str, int]) -> list[str]:
    count = next(iter(channels.values()))
    if names is None:
        return ["image"] if count == 1 else ["R", "G", "B"] if count == 3 else [f"channel {i}" for i in range(count)]
    if len(names) != count or len(set(names)) < count:
        raise ConfigError(f"channel names {', '.join(names)}: the images have {count} channels, a name each is needed")
    return list(names)


def _spacing_unit(mode: str, known: Mapping[str, bool], say: Say) -> str:
    without = [case for case, has in known.items() if not has]
    if mode == "auto" and without:
        shown = ", ".join(without[:3]) + (", ..." if len(without) > 3 else "")
        say(
            f"warning: {len(without)} of {len(known)} images have no spacing ({shown}): distances will be counted in "
            "voxels (--spacing-unit mm takes 1 mm for them)"
        )
        return "voxel"
    return "mm" if mode == "auto" else mode


def _tell(values: LabelValues, found: _Found, how: Mapping[str, Any], plan: Plan, say: Say) -> None:
    """What was decided without being asked, for the user to look at."""
    for name, sources in values.record().items():
        holding = sum(bool(np.isin(case, sources).any()) for case in found.values.values())
        shown = "+".join(map(str, sources))
        say(f"label {values.labels[name]} {name}: value {shown}, in {holding} of {len(found.values)} masks")
    say(f"split: {how['text']}")
    if not plan.split.meta_cases and plan.split.meta_count:
        say("the meta cases were drawn: their masks count as clean, so look at them, or name others with --meta-cases")

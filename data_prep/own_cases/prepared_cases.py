"""Source files of any kind -> a prepared data set: read, checked, labels numbered, split, written. All or nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from data_prep.own_cases.image_pairs import RawCase
from data_prep.own_cases.label_values import LabelValues, settle_label_values
from data_prep.own_cases.raw_case import known_values, read_raw_image, read_raw_mask
from data_prep.own_cases.split import SplitOptions, split_cases
from l2b_data.cases.dataset import CLEAN_LABELS, ENDING, SPACING_UNITS, Dataset, write_dataset_files
from l2b_data.cases.measure_fingerprint import store_fingerprint
from l2b_data.errors import ConfigError, DataError
from l2b_data.files.alike_names import alike_in_parts
from l2b_data.files.atomic import atomic_folder
from l2b_data.files.hashing import sha256_file, sha256_folder
from l2b_data.files.shorten import counted, few, told_together
from l2b_data.images.image_files import file_suffix
from l2b_data.images.picture import JPEG_SUFFIXES
from l2b_data.images.soft_mask import MaskValues, soft_text
from l2b_data.images.volume import read_volume, write_volume

UNIT_MODES = ("auto", *SPACING_UNITS)
GIVEN_LABELS = f"{CLEAN_LABELS}_given"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """How cases become a data set.

    channels: names, or None for red, green, blue or numbered ones. label_values: None derives them from the masks.
    groups: case -> patient or lesion, no group is split. spacing_unit: "auto" is "mm" where every image has a
    spacing. fit_masks: masks of another size are brought onto their picture's grid (`fit_mask`), else refused. grey:
    colour pictures are read as grey. given: train case -> mask to train on, where the cases' own masks are clean; None
    where these are what is given.
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
    given: Mapping[str, Path] | None = None


@dataclass
class _Found:
    """What reading all cases brings to light."""

    values: dict[str, MaskValues] = field(default_factory=dict)
    channels: dict[str, int] = field(default_factory=dict)
    spacing_known: dict[str, bool] = field(default_factory=dict)
    sha256: dict[str, dict[str, Any]] = field(default_factory=dict)
    jpgs: set[str] = field(default_factory=set)
    notes: dict[str, list[str]] = field(default_factory=dict)


def write_prepared(
    out: Path | str,
    cases: Mapping[str, RawCase],
    plan: Plan,
    *,
    faults: Sequence[str] = (),
    say: Say = lambda line: None,
) -> Dataset:
    """Write `cases` as a prepared data set into the folder `out`, which must not exist or be empty.

    Images keep their values and geometry; masks become uint8 labels 0 ... n on their image's grid, those of
    `plan.given` in GIVEN_LABELS. `faults` are what was found wrong before (cases without a mask, ...): they join those
    found on reading, so that one message has all. Raises ConfigError: `out` is in use, unknown spacing unit, a split
    that cannot be made, wrong number of channel names; DataError: the faults of all cases; nothing is written.
    """
    out = Path(out)
    _check_out(out, plan)
    if not cases and not faults:
        raise DataError("no case found")
    splits, how = dict[str, list[str]](), dict[str, Any]()
    if not faults:
        splits, how = split_cases(list(cases), plan.split, plan.groups)
        if plan.given is not None:
            faults = [f"{case}: no given mask" for case in splits["train"] if case not in plan.given]
    given = {case: path for case, path in (plan.given or {}).items() if case in splits.get("train", ())}
    with atomic_folder(out, flush=True) as folder:
        found = _write_cases(folder, cases, given, plan, list(faults), say)
        values = settle_label_values(found.values, plan.label_values)
        shares = []
        for path in sorted(folder.glob(f"{CLEAN_LABELS}*/*{ENDING}")):  # file values become labels, now all are known
            mask = read_volume(path)
            labels = values.relabel(mask.array)
            shares.append(np.bincount(labels.ravel(), minlength=len(values.names)) / labels.size)
            write_volume(mask.with_array(labels), path, flush=False)
        write_dataset_files(
            folder,
            name=plan.name,
            channels=_channel_names(plan.channels, found.channels),
            labels=values.labels,
            splits=splits,
            spacing_unit=_spacing_unit(plan.spacing_unit, found.spacing_known, say),
            how=how,
            source={
                **plan.source,
                "label_values": values.record(),
                **({} if values.half is None else {"threshold": values.half}),
                "sha256": found.sha256,
            },
            groups={case: plan.groups[case] for case in cases if case in plan.groups} or None,
            values=values.values,
        )
        store_fingerprint(folder)
    _tell(values, found, np.mean(shares, 0), how, plan, say)
    if not plan.groups and (alike := alike_in_parts({case: part for part in splits for case in splits[part]})):
        say(f"warning: {alike}")
    return Dataset.open(out)


def _check_out(out: Path, plan: Plan) -> None:
    faults = []
    if plan.spacing_unit not in UNIT_MODES:
        faults.append(f"--spacing-unit {plan.spacing_unit}: one of {', '.join(UNIT_MODES)}")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        faults.append(f"--out {out}: already there and not empty; choose another folder or remove it")
    if faults:
        raise ConfigError("prepare: " + "; ".join(faults))


def _write_cases(
    folder: Path, cases: Mapping[str, RawCase], given: Mapping[str, Path], plan: Plan, faults: list[str], say: Say
) -> _Found:
    """Write images and masks (values as found) while there is no fault; `DataError` with all of them in the end."""
    found = _Found()
    for number, (case, raw) in enumerate(cases.items(), 1):
        masks = {CLEAN_LABELS: raw.label} | ({GIVEN_LABELS: given[case]} if case in given else {})
        try:
            channels = read_raw_image(raw.images, grey=plan.grey)
            found.notes[case] = [note for channel in channels for note in channel.notes]
            for index, channel in enumerate(channels if not faults else ()):
                path = folder / "imagesTr" / f"{case}_{index:04d}{ENDING}"
                write_volume(replace(channels[0], array=channel.array, flat=False), path, flush=False)
            for name, source in masks.items():
                further = raw.further if name == CLEAN_LABELS else ()
                mask = read_raw_mask(source, channels[0], raw.images[0], further=further, fit=plan.fit_masks)
                found.notes[case] += mask.notes
                found.values[f"{name}/{case}"] = known_values(source, mask, plan.label_values)
                found.jpgs |= {f"{name}/{case}"} if file_suffix(source) in JPEG_SUFFIXES else set()
                if not faults:
                    write_volume(replace(mask, flat=False), folder / name / f"{case}{ENDING}", flush=False)
        except (DataError, ValueError) as error:  # ValueError: numbers too large for the file
            faults.append(f"{case}: {error}")
            continue
        found.channels[case] = len(channels)
        found.spacing_known[case] = channels[0].spacing_known
        hashes: dict[str, Any] = {name: _hash(source) for name, source in masks.items()}
        if raw.further:
            hashes["further"] = [sha256_file(path) for path in raw.further]
        found.sha256[case] = {"images": [_hash(path) for path in raw.images], **hashes}
        say(f"[{number}/{len(cases)}] {case} {'x'.join(map(str, channels[0].array.shape))}")
    faults += _channel_faults(found.channels)
    if faults:
        raise DataError(f"{counted(len(faults), 'fault')}; nothing was written:\n  " + "\n  ".join(faults))
    return found


def _hash(path: Path) -> str:
    return sha256_folder(path) if path.is_dir() else sha256_file(path)


def _channel_faults(channels: Mapping[str, int]) -> list[str]:
    counts = sorted(set(channels.values()), key=lambda count: -list(channels.values()).count(count))
    hint = "; --grey reads colour pictures as grey" if set(counts) == {1, 3} else ""
    return [
        f"{case}: {channels[case]} channels where most cases have {counts[0]}{hint}"
        for case in channels
        if channels[case] != counts[0]
    ]


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
        say(
            f"warning: {len(without)} of {len(known)} images have no spacing ({few(without, 3)}): distances "
            "will be counted in voxels (--spacing-unit mm takes 1 mm for them)"
        )
        return "voxel"
    return "mm" if mode == "auto" else mode


def _tell(values: LabelValues, found: _Found, shares: np.ndarray, how: Mapping[str, Any], plan: Plan, say: Say) -> None:
    """What was decided without being asked, for the user to look at. shares: of a label in a mask, on average."""
    for line in told_together(found.notes):
        say(f"warning: {line}")
    grey = {case for case, mask in found.values.items() if values.half is not None and len(mask.greys)}
    if soft := grey | found.jpgs:
        say(f"warning: {soft_text(len(soft), len(found.values))}")
    for name, sources in values.record().items():
        holding = sum(bool(np.isin(case.values, sources).any()) for case in found.values.values())
        shown = "+".join(map(str, sources))
        place = values.labels[name]
        share = f"{100 * shares[place]:.3g} % of their pixels"
        say(f"label {place} {name}: value {shown}, in {holding} of {len(found.values)} masks, {share}")
    say(f"split: {how['text']}")
    if not plan.split.meta_cases and plan.split.meta_count:
        say("the meta cases were drawn: their masks count as clean, so look at them, or name others with --meta-cases")

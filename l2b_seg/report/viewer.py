"""What a report's viewer shows: whole cases where the runs' data set is there, else the slices of figures.npz."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from l2b_data.cases.dataset import CLEAN_LABELS
from l2b_data.cases.label_map import case_labels
from l2b_data.errors import DataError, L2BError
from l2b_data.images.volume import read_volume
from l2b_run.report.style import CLEAN, GIVEN, Line, run_line
from l2b_seg.prediction.case_under_network import CaseUnderNetwork
from l2b_seg.prediction.trained_run import TrainedRun, open_run
from l2b_seg.prediction.trust import trust_path
from l2b_seg.report.audit_ranking import audited_cases, audited_slices
from l2b_seg.report.case import ShownCase, case_records, picture_of
from l2b_seg.report.kept_slices import figure_cases
from l2b_seg.report.run_record import RunRecord

LOG = logging.getLogger(__name__)
CLEAN_ID = "clean"
_ON = 4  # outlines of so many runs are drawn at first


@dataclass(frozen=True)
class Viewer:
    """Sources of outlines, class names and cases as the page's script reads them, and notes for the reader."""

    sources: list[dict[str, Any]] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    cases: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def make_viewer(
    labels: Sequence[str],
    records: Sequence[RunRecord],
    *,
    limit: int,
    device: torch.device | str = "cpu",
    say: Callable[[str], None] = lambda line: None,
) -> Viewer:
    """Up to `limit` cases, test and training ones, under every run that knows their data set.

    A run whose data set or weights are gone, or that is of another version, shows its figures.npz, and a note says so;
    a case that cannot be used is left out with a note. `say` gets a line "[2/10] CASE" before each case.
    """
    opened, shown, notes = dict[int, TrainedRun](), list[ShownCase](), list[str]()
    names = {f"run{number}": label for number, label in enumerate(labels)}
    for number, record in enumerate(records):
        try:
            opened[number] = open_run(record.path, device=device)
        except L2BError as error:
            notes.append(f"{labels[number]}: only the slices kept in the run folder ({error}).")
    roots = list(dict.fromkeys(run.dataset.root.resolve() for run in opened.values()))
    for place, root in enumerate(roots):
        runs = {number: run for number, run in opened.items() if run.dataset.root.resolve() == root}
        cases = _chosen(runs, records, limit * (place + 1) // len(roots) - limit * place // len(roots))
        for index, case in enumerate(cases, start=1):
            say(f"[{index}/{len(cases)}] {case}")
            try:
                shown.append(_show(case, runs))
            except L2BError as error:
                LOG.warning("the report leaves out %s: %s", case, error)
                notes.append(f"{case} is left out: {error}.")
    kept = [(f"run{number}", record) for number, record in enumerate(records) if number not in opened]
    shown += figure_cases(kept)
    sources = _sources(names, {source for case in shown for source in case.masks})
    classes = list(dict.fromkeys(name for case in shown for name in case.classes))
    return Viewer(sources, classes, case_records(shown, names), notes if shown else [])


def _chosen(runs: dict[int, TrainedRun], records: Sequence[RunRecord], limit: int) -> list[str]:
    """Test cases evenly from the hardest to the easiest, and as many training cases, evenly spread.

    With an audit those training cases come first whose slices it ranks highest, and they get three quarters.
    """
    number, first = next(iter(runs.items()))
    dice: dict[str, float | None] = {row.case: row.dice for row in records[number].summary.metric_per_case}
    test = sorted(first.evaluation, key=lambda case: (-1 if (found := dice.get(case)) is None else found, case))
    audited = [case for run in runs.values() for case in audited_cases(run.path) if case in first.train]
    from_test = min(len(test), max(limit - len(first.train), limit // (4 if audited else 2), min(limit, 1)))
    suspicious = list(dict.fromkeys(audited))[: limit - from_test]
    rest = [case for case in first.train if case not in suspicious]
    return [*_even(test, from_test), *suspicious, *_even(rest, limit - from_test - len(suspicious))]


def _even(cases: Sequence[str], count: int) -> list[str]:
    places = np.linspace(0, len(cases) - 1, min(count, len(cases))).round().astype(int)
    return [cases[place] for place in places]


def _show(case: str, runs: dict[int, TrainedRun]) -> ShownCase:
    """A case with the masks given to each run, the clean one where it is another and usable, and every prediction."""
    first = next(iter(runs.values()))
    dataset = first.dataset
    channels = [read_volume(path) for path in dataset.image_paths(case)]
    cut = channels[0].cut(first.predictor.options.plane)
    masks, predictions = dict[str, np.ndarray](), dict[str, np.ndarray]()
    maps = dict[str, dict[str, np.ndarray]]()
    for number, run in runs.items():
        trains = case in run.train
        view, weights_of = run.weighted_view(case) if trains else (run.view(case), None)
        masks[f"given:{view.labels}" if trains else CLEAN_ID] = view.given
        predictions[f"run{number}"] = view.predicted
        last = "last " * (weights_of == "last network")
        known = {"trust": _audited_trust(run, view) if trains else None}
        known |= {f"{last}alpha": view.alpha, f"{last}beta": view.beta}
        if found := {kind: cut.apply(values) for kind, values in known.items() if values is not None}:
            maps[f"run{number}"] = found
    if f"given:{CLEAN_LABELS}" not in masks:
        try:
            clean = case_labels(dataset, case).array
            masks |= {CLEAN_ID: clean} if clean.shape == channels[0].array.shape else {}
        except DataError as error:
            LOG.info("no clean mask of %s: %s", case, error)
    parts = {"training": [run.train for run in runs.values()], "test": [run.evaluation for run in runs.values()]}
    role = " and ".join(name for name, cases in parts.items() if any(case in of for of in cases)) or "other"
    _, height, width = (channels[0].spacing_mm[axis] for axis in cut.order)
    return ShownCase(
        case,
        f"{case} ({role})",
        picture_of([cut.apply(channel.array) for channel in channels], dataset.channels),
        {source: cut.apply(mask) for source, mask in {**masks, **predictions}.items()},
        maps,
        reference=CLEAN_ID if CLEAN_ID in masks else "",
        aspect=width / height,
        classes=list(dataset.classes),
        wanted=set().union(*(audited_slices(run.path, case) for run in runs.values())),
    )


def _audited_trust(run: TrainedRun, view: CaseUnderNetwork) -> np.ndarray | None:
    """Trust (D, H, W) in the given mask of a case, as the run's audit keeps it; None where it has none of that grid."""
    path = trust_path(run.path / "audit", view.case)
    if not path.is_file():
        return None
    found = read_volume(path).array.astype(np.float32)
    return found if found.shape == view.given.shape else None


def _sources(names: dict[str, str], used: set[str]) -> list[dict[str, Any]]:
    """Given masks first, then the clean one, then the runs, each with its line; only those some case has."""
    folders = sorted(source for source in used if source.startswith("given:"))
    found: list[tuple[str, str, Line, bool]] = [
        (source, "given mask" if len(folders) == 1 else f"given mask in {source.removeprefix('given:')}", GIVEN, True)
        for source in folders
    ]
    found.append((CLEAN_ID, "clean mask", CLEAN, True))
    for number, (source, label) in enumerate(names.items()):
        found.append((source, f"prediction of {label}", run_line(number), number < _ON))
    return [
        {"id": source, "name": name, "line": line.record(), "on": on}
        for source, name, line, on in found
        if source in used
    ]

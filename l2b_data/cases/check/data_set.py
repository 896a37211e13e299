"""Integrity of a prepared data set: every fault found, each with its kind, case and file."""

from collections import defaultdict
from collections.abc import Callable

import numpy as np

from l2b_data.cases.check.between_cases import compare_cases
from l2b_data.cases.check.fault import Fault
from l2b_data.cases.check.noisy_masks import check_given, check_noise, spoilt_folders
from l2b_data.cases.check.one_case import CaseFacts, check_case
from l2b_data.cases.check.reviewed_masks import check_reviewed, reviewed_folders
from l2b_data.cases.dataset import CLEAN_LABELS, ENDING, SPLITS, Dataset
from l2b_data.files.hidden import visible_files


def check_dataset(dataset: Dataset, *, say: Callable[[str], None] = lambda line: None) -> list[Fault]:
    """All faults and warnings of a prepared data set, all of its folders of masks; an empty list where it is sound.

    Every image and mask is read once, one case at a time. `say` takes progress lines.
    """
    faults = _split_faults(dataset)
    facts: dict[str, CaseFacts] = {}
    cases = list(dict.fromkeys(dataset.cases))
    for number, case in enumerate(cases, 1):
        say(f"[{number}/{len(cases)}] {case}")
        found, fact = check_case(case, dataset.image_paths(case), dataset.label_path(case), labels=dataset.labels)
        faults += found
        if fact is not None:
            facts[case] = fact
    faults += compare_cases(
        facts,
        split_of={case: split for split in SPLITS for case in dataset.splits[split]},
        groups=dataset.groups,
        in_mm=cases if dataset.spacing_unit == "mm" else (),
    )
    faults += _class_warnings(dataset, facts)
    reviewed = reviewed_folders(dataset)
    for folder in spoilt_folders(dataset):
        if folder not in reviewed:
            faults += check_noise(dataset, folder.name)
    for folder in sorted(dataset.root.glob(f"{CLEAN_LABELS}_given*")):
        if folder not in reviewed:
            faults += check_given(dataset, folder.name)
    for folder in reviewed:
        faults += check_reviewed(dataset, folder.name)
    return faults


def _split_faults(dataset: Dataset) -> list[Fault]:
    path = str(dataset.root / "splits.json")
    faults = []
    places: dict[str, list[str]] = defaultdict(list)
    for split in SPLITS:
        for case in dataset.splits[split]:
            places[case].append(split)
    for case, splits in places.items():
        if len(set(splits)) > 1:
            faults.append(Fault("leakage", case, path, f"stands in {' and '.join(dict.fromkeys(splits))}"))
        elif len(splits) > 1:
            faults.append(Fault("duplicate", case, path, f"stands {len(splits)} times in {splits[0]}"))
    counted = dataset.info.get("numTraining")
    if counted is not None and counted != len(places):
        message = f"numTraining is {counted}, splits.json holds {len(places)} cases"
        faults.append(Fault("count", None, str(dataset.root / "dataset.json"), message))
    expected = {path for case in places for path in (*dataset.image_paths(case), dataset.label_path(case))}
    for folder in ("imagesTr", CLEAN_LABELS):
        for file in visible_files(dataset.root / folder):
            if file.name.endswith(ENDING) and file not in expected:
                faults.append(Fault("unlisted", None, str(file), "belongs to no case of splits.json"))
    return faults


def _class_warnings(dataset: Dataset, facts: dict[str, CaseFacts]) -> list[Fault]:
    masks = [fact.values for fact in facts.values() if fact.values is not None]
    if not masks:
        return []
    held = np.unique(np.concatenate(masks))
    path = str(dataset.root / CLEAN_LABELS)
    return [
        Fault("absent_class", None, path, f"no mask holds {value} {name}")
        for name, value in dataset.classes.items()
        if value not in held
    ]

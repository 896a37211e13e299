"""An audit of masks that hold 0, 3 and 6, judged by predictions: one mirrored, two swapped, a meta and a test case."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from data_prep.mask_sets.folder import prepare_folder
from data_prep.own_cases.label_values import parse_label_values
from data_prep.own_cases.split import SplitOptions
from l2b_data.files.atomic import write_json
from l2b_data.images.volume import read_volume, write_volume
from l2b_data.review.decisions import FORMAT
from l2b_seg.audit.audit_predictions import audit_predictions
from tests.data_prep.own_data import write_volumes

NAMES = [f"c{number}" for number in range(7)]
TRAIN = NAMES[:5]
NOTED = {
    "c0": {"diagnosis": "mirrored", "said": "mirrored left-right", "sure": 0.9, "mend": True, "partner": None},
    "c1": {"diagnosis": "swapped", "said": "swapped", "sure": 1.0, "mend": True, "partner": "c2"},
    "c2": {"diagnosis": "swapped", "said": "swapped", "sure": 1.0, "mend": True, "partner": "c1"},
    "c3": {"diagnosis": "coarse", "said": "coarse", "sure": 0.8, "mend": False, "partner": None},
}


@pytest.fixture
def audited(tmp_path):
    """`dataset`, `given` (folder of the audited masks, of all training cases), `audit` (its folder).

    What is wrong with whom is written into audit.json: so few masks are no set to diagnose in.
    """
    images, masks = write_volumes(tmp_path / "raw", NAMES, scale=3)
    dataset = prepare_folder(
        [str(images)],
        str(masks),
        tmp_path / "data",
        split=SplitOptions(meta_cases=("c5",), test_cases=("c6",)),
        label_values=parse_label_values("background=0,core=6,rim=3"),
    )
    given = tmp_path / "given"
    for case in TRAIN:
        mask = read_volume(masks / f"{({'c1': 'c2', 'c2': 'c1'}).get(case, case)}.nii.gz")
        array = mask.array[:, :, ::-1] if case == "c0" else mask.array
        write_volume(read_volume(masks / f"{case}.nii.gz").with_array(array.copy()), given / f"{case}.nii.gz")
    for case in NAMES:
        mask = read_volume(masks / f"{case}.nii.gz")
        write_volume(mask.with_array(np.roll(mask.array, 1, 1)), tmp_path / "predictions" / f"{case}.nii.gz")
    audit = tmp_path / "audit"
    audit_predictions(dataset, tmp_path / "predictions", audit, cases="all", given=given)
    found = json.loads((audit / "audit.json").read_text())
    plain = {"diagnosis": None, "said": None, "sure": None, "mend": False, "partner": None}
    for row in found["cases"]:
        row |= NOTED.get(row["case"], plain)
    write_json(audit / "audit.json", found)
    return SimpleNamespace(dataset=dataset, given=given, audit=audit, masks=masks, root=tmp_path)


@pytest.fixture
def decide(tmp_path):
    """A file of decisions: decide(by, c0="mend", ...)."""

    def decide(by: str | None = None, **words: str) -> Path:
        path = tmp_path / "decisions.json"
        content = {"format": FORMAT, "cases": {case: {"decision": word} for case, word in words.items()}}
        write_json(path, content | ({"by": by} if by else {}))
        return path

    return decide

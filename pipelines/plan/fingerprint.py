"""The fingerprint of what a run reads."""

from l2b_data.cases.dataset import CLEAN_LABELS
from l2b_data.cases.fingerprint import Fingerprint
from l2b_data.cases.measure_fingerprint import measure_fingerprint
from l2b_seg.run_data import RunData


def fingerprint_of(data: RunData, plane: str | None) -> Fingerprint:
    """That of dataset.json where it is of these cases and masks in this plane, else measured anew.

    plane: of the settings; None: left to the fingerprint. Raises DataError as `measure_fingerprint`.
    """
    stored = Fingerprint.from_json(data.dataset.info.get("fingerprint"))
    if stored is not None and data.labels == CLEAN_LABELS:
        asked = (len(data.train), len(data.meta), plane or stored.plane)
        if asked == (stored.cases, stored.meta_cases, stored.plane):
            return stored
    return measure_fingerprint(data.dataset, data.train, data.meta, labels=data.labels, plane=plane)

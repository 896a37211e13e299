"""Settings of a segmentation run filled in from its data's fingerprint."""

from typing import Any

from l2b_data.cases.dataset import CLEAN_LABELS
from l2b_data.cases.fingerprint import Fingerprint
from l2b_data.cases.measure_fingerprint import measure_fingerprint
from l2b_run.settings.recipe import merge, validate
from l2b_seg.config import Settings
from l2b_seg.run_data import RunData
from pipelines.plan.derive import derive
from pipelines.plan.request import Say


def with_derived(settings: Settings, data: RunData, say: Say) -> Settings:
    """The settings with all that `derive` makes of the data, and why under `derived`; `say` gets a line each."""
    if settings.derive == "no":
        return settings
    filled = dict[str, Any]()
    reasons = {}
    for one in derive(fingerprint_of(data, settings.slices.plane), settings):
        nested: Any = one.value
        for part in reversed(one.key.split(".")):
            nested = {part: nested}
        filled = merge(filled, nested)
        reasons[one.key] = one.reason
        say(f"derived {one.key} {one.value}: {one.reason}")
    content = merge(settings.model_dump(), filled | {"derived": reasons})
    return validate(type(settings), content, "settings derived from the data set")


def fingerprint_of(data: RunData, plane: str | None) -> Fingerprint:
    """The fingerprint of what a run reads: that of dataset.json where it is of these cases and masks, else measured."""
    stored = Fingerprint.from_json(data.dataset.info.get("fingerprint"))
    counts = (len(data.train), len(data.meta), plane)
    if stored and data.labels == CLEAN_LABELS and counts == (stored.cases, stored.meta_cases, stored.plane):
        return stored
    return measure_fingerprint(data.dataset, data.train, data.meta, labels=data.labels, plane=plane)

"""The meta set before training: clean slices, the given ones, or none yet."""

from l2b_data.cases.dataset import CLEAN_LABELS
from l2b_data.cases.slices import SliceSet, load_slices
from l2b_data.cases.slicing import SliceOptions
from l2b_data.errors import DataError
from l2b_seg.config import Settings
from l2b_seg.methods.table import METHODS
from l2b_seg.run_data import RunData


def meta_slices(settings: Settings, data: RunData, options: SliceOptions, given: SliceSet) -> SliceSet:
    """The slices that judge, before training: clean ones, or `given` itself, or none yet (online, or none needed).

    Raises DataError as `require_meta`.
    """
    require_meta(settings, data)
    if settings.meta.source == "given":
        return given
    if data.meta and settings.meta.source == "clean":
        return load_slices(data.dataset, data.meta, options, labels=CLEAN_LABELS)
    return SliceSet(given.image[:0], given.mask[:0], ())


def require_meta(settings: Settings, data: RunData) -> None:
    """Raises DataError where the method learns from clean masks and there are no meta cases."""
    if data.meta or not METHODS[settings.method].clean_labels or settings.meta.source != "clean":
        return
    without = ", ".join(name for name, method in METHODS.items() if not method.clean_labels)
    raise DataError(
        f"{data.dataset.root}: no meta case, and method {settings.method} learns from clean masks: list cases you "
        f"vouch for under meta in splits.json, train with --no-clean, or take a method without them ({without})"
    )

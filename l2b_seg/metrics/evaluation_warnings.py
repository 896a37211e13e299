"""Warnings of an evaluation: absent classes, units, soft masks, other values."""

from l2b_data.files.shorten import first_lines, first_names, told_together
from l2b_data.images.soft_mask import soft_text
from l2b_seg.metrics.case_metrics import CaseMetrics
from l2b_seg.metrics.foreground import Foreground
from l2b_seg.metrics.measure_pairs import Measured
from l2b_seg.metrics.summary import Unit

_SHOWN = 8


def evaluation_warnings(
    found: Measured, foreground: Foreground, *, unit: Unit, without_reference: list[str], merged: bool
) -> list[str]:
    """Lines to show beside the numbers; `merged`: that all values are one foreground was asked for."""
    warnings = []
    if without_reference:
        warnings.append(f"predictions without a reference, not evaluated: {', '.join(without_reference)}")
    if unit == "mm" and all(spacing == (1.0, 1.0, 1.0) for spacing in found.spacings.values()):
        warnings.append(
            "every header says 1 x 1 x 1 mm, as files do whose spacing was lost: unless it is true, the distances "
            "are in voxels (--spacing-unit voxel)"
        )
    if foreground.classes is not None and (absent := absent_classes(found, foreground)):
        warnings.append(f"classes in no reference: {', '.join(absent)}")
    return [*warnings, *told_together(found.notes), *_value_warnings(found, foreground, merged=merged)]


def absent_classes(found: Measured, foreground: Foreground) -> list[str]:
    """Classes without a voxel in any reference; [""] for one foreground without."""
    empty = ("both_empty", "false_alarm")
    if foreground.classes is None:
        metrics: list[CaseMetrics] = list(found.cases.values())
        return [""] if all(one.status in empty for one in metrics) else []
    return [
        name for name in foreground.classes if all(by_class[name].status in empty for by_class in found.cases.values())
    ]


def _value_warnings(found: Measured, foreground: Foreground, *, merged: bool) -> list[str]:
    """Soft edges that were cut, and values that agree with nothing or count as something else than they say."""
    warnings = [soft_text(count, len(found.cases), what) for what, count in sorted(found.soft.items())]
    held = {value: count for value, count in sorted(found.held.items()) if value != foreground.background}
    measured, shown = foreground.measured, first_names([str(value) for value in held], _SHOWN)
    if measured and held and not measured & held.keys():
        wanted = ", ".join(map(str, sorted(measured)))
        return [
            f"the predictions hold the values {shown}, the references are measured by {wanted}: none in common, so "
            "nothing can agree; write both with the same values, or merge them with --labels all",
            *warnings,
        ]
    if not measured and not merged and len(held) > 1:
        several = f"the predictions hold several values, {shown}, the references one"
        warnings.append(f"{several}: all of them count as foreground")
    cases = len(found.cases)
    if foreground.background not in found.there:
        held_there = first_names([str(value) for value in sorted(found.there)], _SHOWN)
        warnings.append(
            f"no reference holds a pixel of background ({foreground.background}), they hold {held_there}: where one of "
            "these is the background, name the classes without it (--classes)"
        )
    elif foreground.background not in found.held and cases:
        warnings.append(f"no prediction holds a pixel of background ({foreground.background}): is it another value?")
    never = [value for value in sorted(measured - held.keys()) if found.there[value]]
    if held and never:
        shown_never = first_names([str(value) for value in never], _SHOWN)
        warnings.append(f"no prediction holds {shown_never}, which references do: were they written with other values?")
    strays = [
        f"value {value} in the predictions of {count} cases is no class and counts as background"
        for value, count in held.items()
        if foreground.classes is not None and value not in measured
    ]
    return warnings + first_lines(strays, _SHOWN)

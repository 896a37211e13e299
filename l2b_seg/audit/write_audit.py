"""The files of an audit: tables, JSON, the page."""

from pathlib import Path
from typing import Any

from l2b_data.files.atomic import write_json, write_text
from l2b_data.files.table import write_table
from l2b_seg.audit import baselines, evidence, regions, truth
from l2b_seg.audit.judges import quality
from l2b_seg.audit.masks import AuditedMasks
from l2b_seg.audit.page import audit_page


def write_audit(out: Path, masks: AuditedMasks, result: dict[str, Any]) -> dict[str, Any]:
    """Write audit.csv (slices), cases.csv, regions.csv, audit.json and audit.html; returns what is in audit.json.

    The proposals must be there already. Raises L2BError where a file cannot be written.
    """
    result = result | {"definitions": definitions(result)}
    for name, rows in (("audit.csv", "slices"), ("cases.csv", "cases"), ("regions.csv", "regions")):
        write_table(out / name, result[rows], list(result[rows][0]) if result[rows] else regions.COLUMNS)
    write_json(out / "audit.json", result)
    write_text(out / "audit.html", audit_page(masks, result, out))
    return result


def definitions(result: dict[str, Any]) -> dict[str, Any]:
    """What every column and key means, in words."""
    unit = "voxels: every spacing taken as 1" if result["unit"] == "voxel" else "mm"
    found: dict[str, Any] = {
        "unit": f"areas, volumes and distances in {unit}",
        "masks": "of every audited case the folder of its mask, of the data set by name or any by path, and its hash",
        "judged_by": result["judged_by"],
        "judges": quality.DEFINITIONS,
        "plane": "lines along which columns, rows and slices run, by the axis of the patient each is closest to (LPS: "
        "axial); null: as each file is stored. Slices, rows and columns are numbered along them, from the file's first",
        "proposal": "the label map of the judging network, its probabilities averaged with the neighbouring slices; "
        "a suggestion to look at, not a corrected mask",
        "usual_share": "median share of a slice that a class covers, over the slices of the clean cases that show it "
        "(of the given masks where there are no clean cases)",
        "slices": evidence.SLICE_DEFINITIONS | baselines.DEFINITIONS,
        "cases": evidence.CASE_DEFINITIONS | baselines.DEFINITIONS,
        "regions": regions.DEFINITIONS,
    }
    if result["truth"] is not None:
        found["truth"] = truth.DEFINITIONS
    return found

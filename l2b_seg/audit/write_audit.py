"""The files of an audit: tables, JSON, the page, the proposals as masks."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from l2b_data.cases.label_map import own_values
from l2b_data.files.atomic import write_json, write_text
from l2b_data.files.table import write_table
from l2b_data.images.volume import write_volume
from l2b_seg.audit import baselines, evidence, regions, truth
from l2b_seg.audit.judges import quality
from l2b_seg.audit.masks import AuditedMasks
from l2b_seg.audit.outlook import Outlook
from l2b_seg.audit.page import audit_page

PROPOSALS = "proposals"


def write_proposal(out: Path, seen: Outlook, values: Sequence[int]) -> None:
    """out/proposals/CASE.nii.gz: the network's label map on the grid of the given mask, to open and to adopt.

    values: what stands for the labels in the user's own masks, and does so here.
    """
    proposal = own_values(seen.cut.undo(seen.proposal), values)
    write_volume(seen.grid.with_array(proposal), proposal_path(out, seen.case))


def proposal_path(out: Path, case: str) -> Path:
    return out / PROPOSALS / f"{case}.nii.gz"


def write_audit(out: Path, masks: AuditedMasks, result: dict[str, Any]) -> dict[str, Any]:
    """Write audit.csv (slices), cases.csv, regions.csv, audit.json and audit.html; returns what is in audit.json.

    The proposals must be there already. Raises L2BError where a file cannot be written.
    """
    result = result | {"definitions": definitions(result)}
    for name, rows in (("audit.csv", "slices"), ("cases.csv", "cases"), ("regions.csv", "regions")):
        write_table(out / name, result[rows], list(result[rows][0]) if result[rows] else regions.COLUMNS)
    write_json(out / "audit.json", result)
    write_text(out / "audit.html", audit_page(masks, result, lambda case: proposal_path(out, case)))
    return result


def definitions(result: dict[str, Any]) -> dict[str, Any]:
    """What every column and key means, in words."""
    unit = "voxels: every spacing taken as 1" if result["unit"] == "voxel" else "mm"
    found: dict[str, Any] = {
        "unit": f"areas, volumes and distances in {unit}",
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

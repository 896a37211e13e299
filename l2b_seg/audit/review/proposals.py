"""The proposals of an audit as masks on disk."""

from collections.abc import Sequence
from pathlib import Path

from l2b_data.cases.label_map import own_values
from l2b_data.images.volume import write_volume
from l2b_seg.audit.outlook import Outlook

PROPOSALS = "proposals"


def write_proposal(out: Path, seen: Outlook, values: Sequence[int]) -> None:
    """out/proposals/CASE.nii.gz: the network's label map on the grid of the given mask, to open and to adopt.

    values: what stands for the labels in the user's own masks, and does so here.
    """
    proposal = own_values(seen.cut.undo(seen.proposal), values)
    write_volume(seen.grid.with_array(proposal), proposal_path(out, seen.case))


def proposal_path(out: Path, case: str) -> Path:
    return out / PROPOSALS / f"{case}.nii.gz"

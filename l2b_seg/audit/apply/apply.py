"""From an audit and the decisions on it to a folder of reviewed masks."""

import shutil
from functools import partial
from pathlib import Path
from typing import Any

from l2b_data.cases.label_map import case_labels, label_values, own_values
from l2b_data.errors import DataError
from l2b_data.files.atomic import atomic_folder
from l2b_data.files.hashing import sha256_file
from l2b_data.images.volume import read_volume, write_volume
from l2b_data.review.decisions import Decision, read_decisions
from l2b_data.review.manifest import require_new_folder, write_review
from l2b_seg.audit.apply.read_audit import Audit, read_audit
from l2b_seg.audit.mistakes.mend import mended_labels
from l2b_seg.audit.review.proposals import proposal_path

_WHY = ("rank", "score", "diagnosis", "said", "sure", "partner", "dice")


def apply(audit: Path, decisions: Path, out: Path, *, data: Path | None = None) -> dict[str, Any]:
    """Write the reviewed masks of an audit into the new folder `out`; returns its review_manifest.json.

    audit: the folder that `audit` wrote. decisions: see `read_decisions`. data: where the data set stands now, if it
    has moved. Each audited case that is not excluded gets CASE.nii.gz on the grid of its given mask: that mask, without
    the mistake the audit found (mend), or the proposal. A case nobody decided keeps its mask. Values are those of the
    user's masks; in a folder of the data set, the labels, as in its other folders. `out` is whole or absent.
    Raises ConfigError where `out` is in use, DataError as `read_audit` and `read_decisions`, for a mend or a proposal
    that the audit does not have, and where nothing would be left.
    """
    require_new_folder(out)
    found = read_audit(audit, data)
    decided = read_decisions(decisions, found.masks.folders, partial(_refuse, found))
    words = {case: decided.of.get(case, "keep") for case in found.masks.folders}
    if all(word == "exclude" for word in words.values()):
        raise DataError(f"{decisions}: excludes every case of the audit; no mask is left to write")
    values = found.masks.dataset.values_in(out.resolve())
    with atomic_folder(out, flush=True) as temporary:
        rows = {}
        for case, word in words.items():
            sources = {} if word == "exclude" else _write(found, case, word, temporary, values)
            rows[case] = _row(found, case, word, temporary, sources) | {"decided": case in decided.of}
        undecided = sum(not row["decided"] for row in rows.values())
        return write_review(temporary, decided, found.file, rows, undecided=undecided)


def _refuse(found: Audit, case: str, word: Decision) -> str | None:
    if word == "mend" and not found.can_mend(case):
        row = found.rows.get(case, {})
        cannot = f"the audit has no mend for it ({row.get('diagnosis') or 'no mistake named'})"
        return f"{cannot}; decide keep, proposal or exclude"
    needed = word == "proposal" or (word == "mend" and found.rows[case]["partner"] is None)
    if needed and not found.has_proposal(case):
        return f"{proposal_path(found.folder, case)}: no such file; decide keep or exclude, or audit again"
    return None


def _write(found: Audit, case: str, word: Decision, folder: Path, values: list[int]) -> dict[str, str]:
    """Write the case's mask; the files it is made of beside the given mask, each with its sha256."""
    masks, dataset, name = found.masks, found.masks.dataset, f"{case}.nii.gz"
    given = dataset.label_path(case, masks.folders[case])
    if word == "keep" and values == dataset.values_in(masks.folders[case]):
        shutil.copyfile(given, folder / name)
        return {}
    proposal = proposal_path(found.folder, case)
    grid, sources = case_labels(dataset, case, masks.folders[case]), {}
    labels = grid.array
    if word == "mend":
        row = found.rows[case]
        labels = mended_labels(masks, row, found.folder, found.plane)
        partner = row["partner"]
        if partner is not None:
            sources[str(dataset.label_path(partner, masks.folders[partner]))] = found.sha256[partner]
        elif proposal.is_file():
            sources[str(proposal)] = sha256_file(proposal)
    elif word == "proposal":
        volume = read_volume(proposal)
        if differs := volume.same_grid(grid):
            raise DataError(f"{proposal}: not on the grid of {given}: {'; '.join(differs)}; audit again")
        labels = label_values(proposal, volume.array, dataset.values)
        sources[str(proposal)] = sha256_file(proposal)
    write_volume(grid.with_array(own_values(labels, values)), folder / name, flush=False)
    return sources


def _row(found: Audit, case: str, word: Decision, folder: Path, sources: dict[str, str]) -> dict[str, Any]:
    """What the manifest says of a case."""
    why = {key: found.rows.get(case, {}).get(key) for key in _WHY}
    given = str(found.masks.dataset.label_path(case, found.masks.folders[case]))
    written = folder / f"{case}.nii.gz"
    return {
        "decision": word,
        "part": found.masks.parts[case],
        **why,
        "sources": {given: found.sha256[case], **sources},
        "reviewed_sha256": sha256_file(written) if written.is_file() else None,
    }

"""From an audit and the decisions on it to a table of reviewed labels."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from l2b_data.errors import DataError
from l2b_data.files.atomic import atomic_folder
from l2b_data.files.hashing import sha256_file
from l2b_data.files.json_object import read_json_object
from l2b_data.files.shorten import first_names
from l2b_data.files.table import read_csv_rows
from l2b_data.review.decisions import Decision, read_decisions
from l2b_data.review.manifest import require_new_folder, write_review
from l2b_data.samples.reviewed_labels import write_reviewed_labels

_WHY = ("rank", "score", "reason", "probability_given", "predicted", "probability_predicted")
_SHOWN = 8


def apply(audit: Path, decisions: Path, out: Path) -> dict[str, Any]:
    """Write the reviewed labels of an audit into the new folder `out`; returns its review_manifest.json.

    audit: the folder that `audit` wrote. decisions: see `read_decisions`, by the samples' names. labels.csv gets a row
    for each audited sample that is not excluded: its given label, or the proposed one; a sample nobody decided keeps
    its label. The manifest lists the samples that were decided. `out` is whole or absent.
    Raises ConfigError where `out` is in use, DataError for a folder that is no audit's, as `read_decisions`, for a
    mend (labels have none), and where nothing would be left.
    """
    require_new_folder(out)
    samples = _read(audit)

    def refuse(name: str, word: Decision) -> str | None:
        if word == "mend":
            return "a label has no mend; decide keep, proposal or exclude"
        if word == "proposal" and not samples[name].proposed:
            return "the audit proposes no label; decide keep or exclude"
        return None

    decided = read_decisions(decisions, samples, refuse, what="sample")
    words = {name: decided.of.get(name, "keep") for name in samples}
    if all(word == "exclude" for word in words.values()):
        raise DataError(f"{decisions}: excludes every sample of the audit; no label is left to write")
    labels = {name: one.proposed if words[name] == "proposal" else one.given for name, one in samples.items()}
    source = {str(audit / "audit.csv"): sha256_file(audit / "audit.csv")}
    rows = {
        name: {
            "decision": word,
            "decided": True,
            "given": samples[name].given,
            "label": None if word == "exclude" else labels[name],
            **samples[name].why,
        }
        for name, word in decided.of.items()
    }
    with atomic_folder(out, flush=True) as temporary:
        write_reviewed_labels(
            temporary,
            (
                {"name": name, "label": labels[name], "given": one.given, "decision": decided.of.get(name, "")}
                for name, one in samples.items()
                if words[name] != "exclude"
            ),
        )
        undecided = len(samples) - len(decided.of)
        return write_review(temporary, decided, audit / "audit.json", rows, undecided=undecided, sources=source)


@dataclass(frozen=True)
class _Sample:
    """The given and the proposed label of an audited sample, and what else the audit says of it, as written there."""

    given: str
    proposed: str
    why: dict[str, str | None] = field(repr=False)


def _read(audit: Path) -> dict[str, _Sample]:
    """The samples of an audit by name, in its order. Raises DataError where the folder is not as `audit` leaves it."""
    found = read_json_object(audit / "audit.json", way_out="name the folder that `audit` wrote")
    path = audit / "audit.csv"
    header, rows = read_csv_rows(path)
    if absent := [name for name in ("name", "given", "proposed") if name not in header]:
        raise DataError(f"{path}: no column {', '.join(absent)}; it is no table of an audit of labels")
    if found.get("n") != len(rows) or any(len(row) != len(header) for _, row in rows):
        raise DataError(f"{path}: not the {found.get('n')} whole rows that `audit` wrote; audit again")
    cells = [dict(zip(header, row, strict=True)) for _, row in rows]
    if twice := [name for name, count in Counter(row["name"] for row in cells).items() if count > 1]:
        listed = first_names(twice, _SHOWN)
        raise DataError(f"{path}: names of several samples: {listed}; decisions go by name, give them others")
    return {
        row["name"]: _Sample(row["given"], row["proposed"], {key: row[key] or None for key in _WHY if key in row})
        for row in cells
    }

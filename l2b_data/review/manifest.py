"""The record beside reviewed masks or labels: what was done to which case, why and by whom, and what is excluded."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from l2b_data.errors import ConfigError, DataError
from l2b_data.files.atomic import write_json
from l2b_data.files.extras import package_version
from l2b_data.files.hashing import sha256_file
from l2b_data.files.json_object import read_json_object
from l2b_data.files.shorten import counted, first_names
from l2b_data.review.decisions import WORDS, Decisions

MANIFEST = "review_manifest.json"
FORMAT = "l2b review 1"
_SHOWN = 8


def require_new_folder(out: Path) -> None:
    """Raise ConfigError where the folder of a review is a file, or holds anything."""
    if out.exists() and not out.is_dir():
        raise ConfigError(f"--out {out}: is a file; name a folder")
    if out.is_dir() and any(out.iterdir()):
        raise ConfigError(f"--out {out}: already there and not empty; choose another folder or remove it")


def write_review(
    folder: Path,
    decisions: Decisions,
    audit: Path,
    rows: Mapping[str, Mapping[str, Any]],
    *,
    undecided: int,
    sources: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Write the manifest into `folder`; returns it.

    audit: its audit.json. rows: case -> what was done and why, with the keys "decision" and, in words or numbers, what
    the audit said. undecided: how many cases were kept as nobody decided them. sources: further files that all rows are
    of, each with its sha256.
    """
    excluded = sorted(case for case, row in rows.items() if row["decision"] == "exclude")
    manifest = {
        "format": FORMAT,
        "tool_version": package_version("l2b") or "not installed",
        "by": decisions.by,
        "audit": {"file": str(audit.resolve()), "sha256": sha256_file(audit)},
        "decisions": {"file": str(decisions.path.resolve()), "sha256": sha256_file(decisions.path)},
        "sources": dict(sources or {}),
        "counts": {word: sum(chosen == word for chosen in decisions.of.values()) for word in WORDS}
        | {"undecided": undecided},
        "excluded": excluded,
        "cases": dict(rows),
    }
    write_json(folder / MANIFEST, manifest)
    return manifest


def read_review(folder: Path) -> dict[str, Any]:
    """The manifest in a folder. Raises DataError where there is none, or it is damaged."""
    path = folder / MANIFEST
    found = read_json_object(path, way_out="it is written by `apply`")
    excluded, cases = found.get("excluded"), found.get("cases")
    fine = found.get("format") == FORMAT and isinstance(excluded, list) and isinstance(cases, dict)
    if not fine or not all(isinstance(case, str) for case in excluded or ()):
        raise DataError(f"{path}: no manifest of a review ({FORMAT}); remove {folder} and apply the decisions again")
    return found


def excluded_by(folder: Path) -> list[str]:
    """The cases that the review in `folder` excluded; [] where it is no folder of a review. Raises as `read_review`."""
    return read_review(folder)["excluded"] if (folder / MANIFEST).is_file() else []


def excluded_text(excluded: Sequence[str], what: str, by: str = "") -> str:
    """As "2 cases excluded by reviewed/review_manifest.json: Case04, Case07"; by: the file, where it is to be told."""
    source = f" by {by}" if by else ""
    return f"{counted(len(excluded), what)} excluded{source}: {first_names(excluded, _SHOWN)}"

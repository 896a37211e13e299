"""What a reader of an audit's page may decide on a case or sample, and which audit a page's decisions are of."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

Choices = Sequence[tuple[str, str, str]]
"""Decision as decisions.json has it, its key, what its button says."""


def choices(given: str, *, proposal: bool = True, mend: bool = False) -> Choices:
    """What can be decided; `given`: what was given, "mask" or "label". proposal, mend: whether there is one."""
    found = [("keep", "K", f"keep the {given}")]
    found += [("mend", "M", "use the mend")] if mend else []
    found += [("proposal", "P", "use the proposal")] if proposal else []
    return [*found, ("exclude", "X", "exclude")]


def audit_key(rows: Sequence[Mapping[str, Any]]) -> str:
    """A name for an audit made from its rows: a page opened again finds its own decisions, another audit's does not."""
    return hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()[:16]

"""An audit's judges and findings in words, for the terminal and the page alike."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_SHOWN = 5
_RECALLS = 20  # classes up to which every recall is told


def judges_lines(audit: Mapping[str, Any]) -> list[str]:
    """What the judges can tell: accuracy, recall a class, classes they never predict. Empty for audits without it."""
    found = audit.get("judges")
    if not found:
        return []
    on = f"{found['n']} {found['on']}"
    lines = [f"judges: accuracy {found['accuracy']:.1%}, mean recall {found['balanced_accuracy']:.1%} on {on}"]
    rows = [row for row in found["classes"] if row["recall"] is not None]
    rows = sorted(rows, key=lambda row: float(row["recall"]))[: _RECALLS if len(rows) > _RECALLS else None]
    lines.append("recall: " + ", ".join(f"{row['class']} {row['recall']:.0%}" for row in rows))
    if never := found["never_predicted"]:
        lines.append(f"never predicted, so nothing can be said of their labels: {', '.join(never)}")
    return lines


def finding_lines(audit: Mapping[str, Any]) -> list[str]:
    """A line a finding beside the ranking, the strongest of a kind; empty where nothing was found."""
    lines: list[str] = []
    for kind, told in _TOLD.items():
        found = audit.get(kind) or {"n": 0, "listed": []}
        rows = found["listed"]
        lines += [told(row) for row in rows[:_SHOWN]]
        if found["n"] > _SHOWN:
            lines.append(f"and {found['n'] - _SHOWN} more {kind}")
    return lines


def _block(row: Mapping[str, Any]) -> str:
    where = f"group {row['group']}" if row["group"] else f"files {row['first']} to {row['last']}"
    wrong = f"about {row['wrong']:.0%} of the labels wrong"
    return f"block: {where}, {row['n']} samples, {wrong} (chance {row['chance']:.1g})"


def _duplicate(row: Mapping[str, Any]) -> str:
    labelled = _pairs(row["names"], row["given"])
    return f"{'one picture' if row['exact'] else 'nearly one picture'}, several labels: {', '.join(labelled)}"


def _pairs(names: Sequence[str], given: Sequence[str]) -> Iterator[str]:
    return (f"{name} {label}" for name, label in zip(names[:_SHOWN], given[:_SHOWN], strict=True))


def _outlier(row: Mapping[str, Any]) -> str:
    return f"like nothing else: {row['name']}, given {row['given']} ({row['probability']:.2f})"


def _pair(row: Mapping[str, Any]) -> str:
    beside = "the judges' own confusions explain" if row["corrected"] else "without clean samples, usual would be"
    told = f"about {row['n']:.0f} {row['class']} given as {row['given']}"
    return f"pair: {told}; {beside} {row['expected']:.0f} ({row['z']:.1f} standard errors)"


def _contradiction(row: Mapping[str, Any]) -> str:
    told = f"contradicts {row['n']} of {row['compared']} given labels"
    return f"column {row['column']}: {told}; about {row['wrong']:.0%} of its own are wrong"


_TOLD = {
    "blocks": _block,
    "duplicates": _duplicate,
    "outliers": _outlier,
    "pairs": _pair,
    "contradictions": _contradiction,
}

"""Counts in messages, and long lists cut after their first entries."""

from collections.abc import Mapping, Sequence


def counted(number: int, noun: str) -> str:
    """A count and what is counted: "1 fault", "2,000 faults"."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def first_names(names: Sequence[str], limit: int) -> str:
    """The first `limit` names, commas between them, and how many more there are; "" for no name."""
    return ", ".join(names[:limit]) + (f" and {len(names) - limit} more" if len(names) > limit else "")


def few(names: Sequence[str], limit: int) -> str:
    """The first `limit` names, commas between them, and ", ..." where there are more; "" for no name."""
    return ", ".join(names[:limit]) + (", ..." if len(names) > limit else "")


def first_lines(lines: Sequence[str], limit: int) -> list[str]:
    """The first `limit` lines and, where there are more, one that says how many."""
    return [*lines[:limit], *([f"and {len(lines) - limit} more"] if len(lines) > limit else [])]


def told_together(notes: Mapping[str, Sequence[str]], limit: int = 3) -> list[str]:
    """Name -> what is to be said of it, as a line for each thing said: the first `limit` names, and the text."""
    names: dict[str, list[str]] = {}
    for name, texts in notes.items():
        for text in dict.fromkeys(texts):
            names.setdefault(text, []).append(name)
    return [f"{first_names(of, limit)}: {text}" for text, of in names.items()]

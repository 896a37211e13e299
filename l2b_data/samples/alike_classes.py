"""Class names that are likely one class, typed in several ways."""

import re
from collections.abc import Sequence

from l2b_data.files.unicode_form import composed


def alike_classes(classes: Sequence[str]) -> list[list[str]]:
    """Classes whose names differ in letter case, spaces, hyphens or underscores alone, those of one name together."""
    alike: dict[str, list[str]] = {}
    for name in classes:
        alike.setdefault(re.sub(r"[\s_-]+", " ", composed(name).casefold()).strip(), []).append(name)
    return [names for names in alike.values() if len(names) > 1]


def alike_text(names: Sequence[str]) -> str:
    """What is to be said of such classes."""
    listed = " and ".join(map(repr, names))
    return f"classes {listed} differ only in letter case or spaces: where they are one class, give them one name"

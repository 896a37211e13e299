"""Units of length in the headers of image files."""

from collections.abc import Iterable

MM = {"mm": 1.0, "micron": 0.001, "meter": 1000.0, "cm": 10.0, "nm": 1e-6, "inch": 25.4}
"""Length in mm of each unit; a NIfTI file is written in one of the first three."""

_NAMES = {  # "âµm", "î¼m": the two signs for micro, written in UTF-8 and read as Latin-1
    **dict.fromkeys(("um", "µm", "μm", "âµm", "î¼m", "\ufffdm", "microns", "micrometer", "micrometers"), "micron"),
    **dict.fromkeys(("in", "inches"), "inch"),
    **dict.fromkeys(("m", "meters", "metre", "metres"), "meter"),
}


def unit_of(texts: Iterable[str]) -> str | None:
    """The unit that all axes of a header are in, a key of MM; None where they differ.

    A text that names no length counts as "mm", and so does a header without any.
    """
    names = {_NAMES.get(name, name if name in MM else "mm") for name in (text.strip().lower() for text in texts)}
    return "mm" if not names else names.pop() if len(names) == 1 else None

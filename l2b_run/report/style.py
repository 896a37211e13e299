"""Hues and dashes of a report's lines: colour and dash both identify a run, for every common colour blindness.

The hues are Okabe and Ito's, brighter on dark ground; report.css has them by these names.
"""

from dataclasses import asdict, dataclass
from typing import Any

_HUES = 5
_DASHES = ("", "9 3", "2 3", "9 3 2 3")


@dataclass(frozen=True)
class Line:
    """How a line is drawn: hue (a class of report.css), SVG dash array in pixels ("": unbroken), width in pixels."""

    hue: str
    dash: str = ""
    width: float = 2.0

    def record(self) -> dict[str, Any]:
        return asdict(self)


GIVEN = Line("given", "6 4", 2.0)
CLEAN = Line("clean", "", 3.4)  # broad, as a prediction that agrees lies on top of it


def run_line(number: int) -> Line:
    """The line of the run with this number; the first 20 differ, the first 5 in hue."""
    turn, hue = divmod(number, _HUES)
    return Line(f"hue{hue}", _DASHES[(hue + turn) % 4])

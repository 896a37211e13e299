"""The names and colours of label values, as ITK-SNAP and 3D Slicer read them."""

from collections.abc import Sequence

Named = Sequence[tuple[int, str, str]]
"""Value, name and colour "#rrggbb" of every label but the background's 0."""

MOST = 65535  # ITK-SNAP keeps labels in two bytes


def itksnap_labels(labels: Named) -> str:
    """A label description file of ITK-SNAP: index, red, green, blue, opacity, visible, mesh visible, "name"."""
    rows = [(0, (0, 0, 0), 0, "Clear Label"), *((value, _rgb(colour), 1, name) for value, name, colour in labels)]
    lines = ["# ITK-SnAP Label Description File", "# IDX  R  G  B  A  VIS  MSH  LABEL"]
    for value, (red, green, blue), shown, name in rows:
        lines.append(f'{value:5} {red:5} {green:4} {blue:4} {shown:8} {shown:2} {shown:2}    "{_plain(name)}"')
    return "\n".join([*lines, ""])


def slicer_colours(labels: Named) -> str:
    """A colour table of 3D Slicer: value, name without blanks, red, green, blue, alpha."""
    lines = ["# Color table file", "0 background 0 0 0 0"]
    for value, name, colour in labels:
        lines.append(f"{value} {'_'.join(_plain(name).split()) or '_'} {' '.join(map(str, _rgb(colour)))} 255")
    return "\n".join([*lines, ""])


def _rgb(colour: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue


def _plain(name: str) -> str:
    """The name without what would end a quoted text or a line."""
    return "".join("'" if sign == '"' else sign if sign.isprintable() else " " for sign in name)

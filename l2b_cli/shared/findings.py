"""`check` of either tool: what it found."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from l2b_cli.shared.result import print_result
from l2b_data.cases.check.fault import Fault as CaseFault
from l2b_data.errors import DataError
from l2b_data.files.shorten import counted
from l2b_data.samples.fault import Fault as SampleFault


def print_findings(
    name: str,
    found: Sequence[CaseFault | SampleFault],
    *,
    number: tuple[int, str],
    more: Mapping[str, Any],
    before: Iterable[str],
    as_json: bool,
) -> None:
    """Print a line a finding, or all as JSON. Raises DataError where one is a fault and no warning.

    name: of what was checked. number: of what it holds, such as (3, "case"). more: further keys of the JSON. before:
    lines that come first where it is no JSON.
    """
    rows = [asdict(one) | {"severity": "warning" if one.is_warning else "error"} for one in found]
    warnings = sum(one.is_warning for one in found)
    faults = counted(len(found) - warnings, "fault")
    lines = list(before)
    for row in rows:
        places = " ".join(row[key] or "-" for key in row if key not in ("message", "severity"))
        lines.append(f"{row['severity']} {places}: {row['message']}")
    lines.append(f"{name}: {counted(*number)}, {faults}, {counted(warnings, 'warning')}")
    print_result({"data": name, f"{number[1]}s": number[0], **more, "faults": rows}, lines, as_json=as_json)
    if len(found) > warnings:
        raise DataError(f"{name}: {faults}, listed above")

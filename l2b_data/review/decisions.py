"""What a reader of an audit decided, case by case, from the file that the audit's page saves."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast, get_args

from l2b_data.errors import DataError
from l2b_data.files.json_object import read_json_object
from l2b_data.files.shorten import first_lines, first_names

FORMAT = "l2b decisions 1"
Decision = Literal["keep", "mend", "proposal", "exclude"]
WORDS: tuple[Decision, ...] = get_args(Decision)
_SHOWN = 20


@dataclass(frozen=True)
class Decisions:
    """of: case or sample -> decision; those that are not in it were not decided. by: who decided, where it is said."""

    path: Path
    of: dict[str, Decision] = field(repr=False)
    by: str | None


def read_decisions(
    path: Path, known: Collection[str], refuse: Callable[[str, Decision], str | None], *, what: str = "case"
) -> Decisions:
    """Read {"format": FORMAT, "by": name, "cases": {CASE: {"decision": one of WORDS}}}; "by" may be left out.

    known: what the audit has. refuse: of a known case and a decision why it cannot be, and the way out; None where it
    can. what: the word for a case in messages. Other keys are not read.
    Raises DataError with all faults: no such file, no JSON, a key twice, another format, unknown cases and words, and
    what `refuse` says.
    """
    found = read_json_object(path, way_out="name the file that the audit's page saves", once=True)
    if found.get("format") != FORMAT:
        raise DataError(f"{path}: format {found.get('format')!r} is not {FORMAT!r}; save it from the audit's page")
    faults, cases, by = list[str](), found.get("cases"), found.get("by")
    if by is not None and not isinstance(by, str):
        faults.append(f"by {by!r} is no name")
    if not isinstance(cases, dict):
        faults.append(f'cases {cases!r} is no table of {{{what}: {{"decision": ...}}}}')
        cases = {}
    if strangers := [case for case in cases if case not in known]:
        faults.append(f"no {what} of this audit: {first_names(strangers, _SHOWN)}; take the file its own page saves")
    decided = {case: _word(said) for case, said in cases.items() if case in known}
    for case, word in decided.items():
        if word not in WORDS:
            faults.append(f"{case}: decision {word!r}: choose one of {', '.join(WORDS)}")
        elif (why := refuse(case, word)) is not None:
            faults.append(f"{case}: {word}: {why}")
    if faults:
        raise DataError(f"{path}:\n  " + "\n  ".join(first_lines(faults, _SHOWN)))
    return Decisions(path, cast(dict[str, Decision], decided), cast(str | None, by) or None)


def _word(said: Any) -> Any:
    return said.get("decision") if isinstance(said, dict) else None

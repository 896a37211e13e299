"""`l2b-seg audit`: given masks ranked by suspicion, judged by a run's networks."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

from rich import box
from rich.table import Table
from rich.text import Text
from typer import Option

from l2b_cli.shared.options import AuditOptions, Run, spread
from l2b_cli.shared.result import Part
from l2b_data.files.shorten import counted

_SHOWN = 15
_GIVEN = "Audit the masks of this folder instead, by name in the data set or by path, of the cases it has."
Cases = Literal["all", "train", "meta", "test"]


@spread
def audit(
    run: Run,
    *,
    cases: Annotated[Cases, Option(help="Whose masks: those of training, meta or test cases.")] = "train",
    given: Annotated[Path | None, Option(help=_GIVEN)] = None,
    options: AuditOptions,
) -> None:
    """Rank masks by how likely they are wrong, with the evidence to look at.

    Each case is judged by networks trained as the run was and without it. How good they are on clean cases they did not
    learn from stands first; exit code 3 where they are no judges.
    """
    from l2b_cli.shared.audit_a_run import audit_a_run
    from l2b_seg.audit.audit import audit as audit_run
    from pipelines.plan.segmentation import SEGMENTATION

    audit_a_run(run, SEGMENTATION, options, audit=partial(audit_run, run, cases=cases, given=given), results=_results)


def _results(result: dict[str, Any], folder: Path) -> Iterator[Part]:
    from l2b_seg.audit.judges.quality import quality_text

    yield quality_text(result["judges"])
    if result["dead_classes"]:
        yield f"Left out of the scores, as a judge is dead: {', '.join(result['dead_classes'])}"
    yield f"Most suspicious of {counted(len(result['slices']), 'slice')}, judged by {result['judged_by']}\n"
    yield _table(result)
    yield f"Look at them: {folder / 'audit.html'}; tables beside it, proposals as masks in {folder / 'proposals'}"
    if result["truth"] is not None:
        yield from _truth(result["truth"])


def _truth(truth: dict[str, Any]) -> Iterator[str]:
    same = truth["all"]["slices"] == truth["foreground"]["slices"]
    parts = {"all": "slices all", "foreground": "slices with foreground", "cases": "cases"}
    yield f"Compared with {', '.join(truth['of'])}; AUROC:"
    for part, text in parts.items():
        if same and part == "foreground":
            continue
        found = truth[part]
        names = {"score": "audit", "one_minus_dice": "1 - Dice", "loss": "mean loss", "soft_min": "soft minimum"}
        names |= {"hd95": "HD95"}
        values = [f"{name} {_number(found[key]['auroc'], 3)}" for key, name in names.items()]
        count = found["cases" if part == "cases" else "slices"]
        yield f"  {text} ({found['wrong']} of {count} wrong): {', '.join(values)}"


def _table(result: dict[str, Any]) -> Table:
    """The most suspicious slices, at most 80 columns wide."""
    unit = "px" if result["unit"] == "voxel" else "mm"
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=0)  # no rules between columns: room for the case
    table.add_column("case", overflow="fold", min_width=10)
    for heading in ("slice", "score", "presence", "Dice", f"HD95 {unit}", "loss"):
        table.add_column(heading, justify="right")
    table.add_column("state", no_wrap=True)
    for row in result["slices"][:_SHOWN]:
        numbers = [_number(row[key], 2) for key in ("score", "presence", "dice")]
        numbers += [_number(row["hd95"], 1), _number(row["loss"], 2)]
        table.add_row(Text(row["case"]), str(row["slice"]), *numbers, row["state"])
    return table


def _number(value: float | None, decimals: int) -> str:
    return "-" if value is None else f"{value:.{decimals}f}"

"""`l2b-seg audit`: a run -> its training masks ranked by suspicion."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from l2b_cli.shared.options import AuditOptions, Run, spread
from l2b_cli.shared.result import Part
from l2b_data.files.shorten import counted

_SHOWN = 15


@spread
def audit(run: Run, *, options: AuditOptions) -> None:
    """Rank a run's training masks by how likely they are wrong, with the evidence to look at."""
    from l2b_cli.shared.audit_a_run import audit_a_run
    from l2b_seg.audit.audit import audit as audit_run
    from pipelines.plan.segmentation import SEGMENTATION

    audit_a_run(run, SEGMENTATION, options, audit=partial(audit_run, run), results=_results)


def _results(result: dict[str, Any], folder: Path) -> Iterator[Part]:
    from l2b_cli.shared.audit_a_run import judged_by

    yield f"Most suspicious of {counted(len(result['slices']), 'slice')}, judged by {judged_by(result, 'case')}\n"
    yield _table(result)
    yield f"Look at them: {folder / 'audit.html'}; tables beside it, proposals as masks in {folder / 'proposals'}"
    if result["truth"] is not None:
        counts = {(found["slices"], found["wrong"]) for found in result["truth"].values()}
        for part, text in (("all", "all"), ("foreground", "with foreground"))[: len(counts)]:
            found = result["truth"][part]
            names = {"score": "audit", "loss": "mean loss", "cleanlab": "cleanlab"}
            values = [f"{name} {_number(found[key]['auroc'], 3)}" for key, name in names.items() if key in found]
            wrong = f"{found['wrong']} of {found['slices']} wrong"
            yield f"AUROC against the clean masks, slices {text} ({wrong}): {', '.join(values)}"


def _table(result: dict[str, Any]) -> Table:
    """The most suspicious slices, at most 80 columns wide."""
    unit = "px" if result["unit"] == "voxel" else "mm"
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=0)  # no rules between columns: room for the case
    table.add_column("case", overflow="fold", min_width=10)
    for heading in ("slice", "score", "presence", "Dice", f"HD95 {unit}", "beta share"):
        table.add_column(heading, justify="right")
    table.add_column("state", no_wrap=True)
    for row in result["slices"][:_SHOWN]:
        numbers = [_number(row[key], 2) for key in ("score", "presence", "dice")]
        numbers += [_number(row["hd95"], 1), _number(row["beta_share"], 2)]
        table.add_row(Text(row["case"]), str(row["slice"]), *numbers, row["state"])
    return table


def _number(value: float | None, decimals: int) -> str:
    return "-" if value is None else f"{value:.{decimals}f}"

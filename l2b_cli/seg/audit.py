"""`l2b-seg audit`: a run -> its training masks ranked by suspicion."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from l2b_cli.shared.options import Device

if TYPE_CHECKING:
    from rich.table import Table

_SHOWN = 15


def audit(
    run: Annotated[Path, typer.Argument(help="Folder of a finished run.")],
    out: Annotated[Path | None, typer.Option(help="Folder for the results; RUN/audit if left out.")] = None,
    folds: Annotated[
        int, typer.Option(min=0, help="Networks to train, each judging cases it did not see; 0: the run's own network.")
    ] = 2,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Epochs of each; as many steps as the run took if left out.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="The data set, where it has moved since training.")] = None,
    device: Device = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print audit.json instead of the table.")] = False,
) -> None:
    """Rank a run's training masks by how likely they are wrong, with the evidence to look at."""
    import json

    from rich.console import Console

    from l2b_cli.shared.say import stderr_lines
    from l2b_data.errors import DataError
    from l2b_run.training.device import choose_device
    from l2b_seg.audit.audit import AuditOptions
    from l2b_seg.audit.audit import audit as audit_run
    from l2b_seg.prediction.predictor import read_settings
    from pipelines.plan.cases import resume_data

    needed = ("config.yaml", "split.json", *(() if folds else ("model.safetensors",)))
    missing = [name for name in needed if not (run / name).is_file()]
    if missing:
        raise DataError(f"{run} is no run to audit: {', '.join(missing)} missing; give the folder `train` wrote")
    chosen, settings = choose_device(device), read_settings(run / "config.yaml")
    folder = out or run / "audit"
    with stderr_lines("audit", quiet=as_json) as say:
        found = resume_data(run, data, settings.data, say=say)

        def progress(row: dict[str, Any]) -> None:
            if "seconds" in row:
                told = f"loss {row['loss']:.4f}, {row['seconds']:.0f} s"
                say(f"network {row['fold'] + 1} of {folds}, epoch {row['epoch']}: {told}")

        result = audit_run(run, found, folder, AuditOptions(folds, epochs), device=chosen, say=say, progress=progress)
    if as_json:
        typer.echo(json.dumps(result, indent=1, allow_nan=False))
        return
    judged = "the run's own network: in-sample" if result["in_sample"] else "networks that had not seen the case"
    typer.echo(f"Most suspicious of {len(result['slices'])} slices, judged by {judged}\n")
    Console().print(_table(result))
    typer.echo(_closing(result, folder))


def _table(result: dict[str, Any]) -> "Table":
    """The most suspicious slices, at most 80 columns wide."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

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


def _closing(result: dict[str, Any], folder: Path) -> str:
    lines = [f"Look at them: {folder / 'audit.html'}; tables beside it, proposals as masks in {folder / 'proposals'}"]
    if result["truth"] is not None:
        counts = {(found["slices"], found["wrong"]) for found in result["truth"].values()}
        for part, text in (("all", "all"), ("foreground", "with foreground"))[: len(counts)]:
            found = result["truth"][part]
            names = {"score": "audit", "loss": "mean loss", "cleanlab": "cleanlab"}
            values = ", ".join(
                f"{text} {_number(found[name]['auroc'], 3)}" for name, text in names.items() if name in found
            )
            lines.append(
                f"AUROC against the clean masks, slices {text} ({found['wrong']} of {found['slices']} wrong): {values}"
            )
    return "\n".join(lines)

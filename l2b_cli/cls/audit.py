"""`l2b-cls audit`: a run -> its training labels ranked by suspicion."""

import json
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
        int,
        typer.Option(min=0, help="Networks to train, each judging samples it did not see; 0: the run's own network."),
    ] = 2,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Epochs of each; as many as the run took if left out.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="The data set, where it has moved since training.")] = None,
    device: Device = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print audit.json instead of the table.")] = False,
) -> None:
    """Rank a run's training labels by how likely they are wrong, with a proposed label for each.

    Writes audit.csv (every sample), audit.json and audit.html (the most suspicious with their pictures).
    """
    from l2b_cli.shared.say import stderr_lines
    from l2b_cls.audit.audit import AuditOptions
    from l2b_cls.audit.audit import audit as audit_run
    from l2b_cls.report.write_report import write_report
    from l2b_cls.run_data import read_run_data
    from l2b_data.errors import DataError
    from l2b_run.training.device import choose_device

    needed = ("config.yaml", "split.json", "noisy_labels.csv", *(() if folds else ("model.safetensors",)))
    missing = [name for name in needed if not (run / name).is_file()]
    if missing:
        raise DataError(f"{run} is no run to audit: {', '.join(missing)} missing; give the folder `train` wrote")
    chosen, folder = choose_device(device), out or run / "audit"
    with stderr_lines("audit", quiet=as_json) as say:

        def progress(row: dict[str, Any]) -> None:
            if "seconds" in row:
                told = f"loss {row['loss']:.4f}, {row['seconds']:.0f} s"
                say(f"network {row['fold'] + 1} of {folds}, epoch {row['epoch']}: {told}")

        found = read_run_data(run, data)
        result = audit_run(run, found, folder, AuditOptions(folds, epochs), device=chosen, say=say, progress=progress)
        write_report([run], folder / "audit.html", title=f"Audit of {run.resolve().name}", audit=folder)
    if as_json:
        typer.echo(json.dumps(result, indent=1, allow_nan=False))
        return
    from rich.console import Console

    console = Console()
    console.print(_table(result))
    for line in _closing(result, folder):
        console.print(line, markup=False, highlight=False)


def _table(result: dict[str, Any]) -> "Table":
    """The most suspicious samples, at most 80 columns wide."""
    from rich.table import Table
    from rich.text import Text

    judged = "the run's own network: in-sample" if result["in_sample"] else "networks that had not seen the label"
    table = Table(
        title=f"Most suspicious of {result['n']} labels, judged by {judged}", title_justify="left", pad_edge=False
    )
    table.add_column("sample", overflow="fold", min_width=10)
    known = result["truth"] is not None
    for heading in ("given", "proposed", *(("clean",) if known else ())):
        table.add_column(heading, overflow="fold")
    for heading in ("score", "p(given)", "loss"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in result["samples"][:_SHOWN]:
        texts = [row["given"], row["proposed"], *((row["clean"] or "-",) if known else ())]
        numbers = [f"{row['score']:.3f}", f"{row['probability_given']:.3f}", f"{row['loss']:.2f}"]
        table.add_row(Text(row["name"]), *(Text(text) for text in texts), *numbers)
    return table


def _closing(result: dict[str, Any], folder: Path) -> list[str]:
    from l2b_cls.report.audit_quality import quality_rows

    lines = [f"{result['flagged']} of {result['n']} labels doubted (another label is more probable)"]
    truth = result["truth"]
    if truth is not None:
        lines.append(f"against the clean labels ({truth['wrong']} of {truth['known']} given labels wrong):")
        headings = ("AUROC", "AP", "flagged", "precision", "recall")
        for row in quality_rows(truth):
            known = [(name, text) for name, text in zip(headings, row["cells"], strict=True) if text != "–"]
            cells = ", ".join(f"{name} {text}" for name, text in known)
            lines.append(f"  {row['name']}: {cells}")
        lines.append(f"  right labels: given {truth['given_accuracy']:.1%}, proposed {truth['proposal_accuracy']:.1%}")
    lines.append(f"Look at them: {folder / 'audit.html'}; all of them: {folder / 'audit.csv'}")
    return lines

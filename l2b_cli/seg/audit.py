"""`l2b-seg audit`: given masks ranked by suspicion, judged by a run's networks or by predictions from files."""

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

from rich import box
from rich.table import Table
from rich.text import Text
from typer import Argument, Option

from l2b_cli.shared.options import AuditOptions, spread
from l2b_cli.shared.result import Part, print_result, refuse_failed
from l2b_cli.shared.say import stderr_lines
from l2b_data.errors import ConfigError, DataError
from l2b_data.files.shorten import counted

_SHOWN = 15
_PREDICTIONS = "Folder of any network's predictions, instead of RUN; the data set is --data."
_RUN = "Folder of a finished run; left out with --predictions."
_GIVEN = "Audit the masks of this folder instead, by name in the data set or by path, of the cases it has."
_REVIEW = "New folder for ITK-SNAP or 3D Slicer: image, given mask, proposal, difference of every case; label names."
Cases = Literal["all", "train", "meta", "test"]


@spread
def audit(
    run: Annotated[Path | None, Argument(metavar="[RUN]", help=_RUN)] = None,
    *,
    predictions: Annotated[Path | None, Option(help=_PREDICTIONS)] = None,
    cases: Annotated[Cases, Option(help="Whose masks: those of training, meta or test cases.")] = "train",
    given: Annotated[Path | None, Option("--given", "--labels", help=_GIVEN)] = None,
    mend: Annotated[
        Path | None, Option(help="Folder for mended copies of the masks whose mistake can be undone.")
    ] = None,
    export_review: Annotated[Path | None, Option(help=_REVIEW)] = None,
    workers: Annotated[int | None, Option(min=1, help="Processes, with --predictions; one a processor.")] = None,
    options: AuditOptions,
) -> None:
    """Rank masks by how likely they are wrong, with the evidence to look at.

    RUN: each case is judged by networks trained as the run was and without it. --data DATA --predictions DIR: by any
    network's predictions, without training: CASE.npz as nnU-Net writes it, CASE_probabilities.nii.gz, CASE.nii.gz (a
    label map, or one class's probability). How good the judges are on clean cases they did not learn from stands first;
    exit code 3 where they are no judges, 4 where predictions are missing.
    """
    from l2b_cli.shared.audit_a_run import audit_a_run
    from l2b_seg.audit.audit import audit as audit_run
    from l2b_seg.audit.review.folder import refuse_filled
    from pipelines.plan.segmentation import SEGMENTATION

    if export_review is not None:
        refuse_filled(export_review)
    if predictions is not None:
        _audit_predictions(
            run, predictions, options, cases=cases, given=given, mend=mend, review=export_review, workers=workers
        )
    elif run is None:
        raise ConfigError("nothing to judge by: name the folder of a RUN, or --data DATA --predictions DIR")
    else:
        judged = partial(audit_run, run, cases=cases, given=given, mend_to=mend, review_to=export_review)
        audit_a_run(run, SEGMENTATION, options, audit=judged, results=partial(_results, review=export_review))


def _audit_predictions(
    run: Path | None,
    predictions: Path,
    options: AuditOptions,
    *,
    cases: Cases,
    given: Path | None,
    mend: Path | None,
    review: Path | None,
    workers: int | None,
) -> None:
    from l2b_data.cases.dataset import Dataset
    from l2b_seg.audit.audit_predictions import audit_predictions

    faults = [f"RUN {run} and --predictions {predictions}: one of them judges; leave one out"] if run else []
    if options.data is None:
        faults.append(f"--predictions {predictions}: --data DATA is missing, the prepared data set with the masks")
    if options.epochs is not None or options.quick:
        faults.append("--epochs and --quick are of the networks of a RUN; predictions are taken as they are")
    if faults or options.data is None:
        raise ConfigError("\n".join(faults))
    if not predictions.is_dir():
        raise DataError(f"--predictions {predictions}: no such folder")
    folder, count = options.out or predictions / "audit", workers or os.cpu_count() or 1
    with stderr_lines("audit", quiet=options.as_json) as say:
        result = audit_predictions(
            Dataset.open(options.data),
            predictions,
            folder,
            cases=cases,
            given=given,
            workers=count,
            say=say,
            mend_to=mend,
            review_to=review,
        )
    print_result(result, _results(result, folder, review), as_json=options.as_json)
    failed = (f"{case}: {why}" for case, why in result["failed"].items())
    refuse_failed(failed, len(result["failed"]) + len(result["cases"]), "cases were not audited")


def _results(result: dict[str, Any], folder: Path, review: Path | None = None) -> Iterator[Part]:
    from l2b_seg.audit.judges.quality import quality_text

    yield quality_text(result["judges"])
    if result["dead_classes"]:
        yield f"Left out of the scores, as a judge is dead: {', '.join(result['dead_classes'])}"
    worst = ", each with its worst slice" if len(result["slices"]) > len(result["cases"]) else ""
    yield f"Most suspicious of {counted(len(result['cases']), 'case')}{worst}"
    yield f"Judged by {result['judged_by']}\n"
    yield _table(result)
    yield f"Look at them: {folder / 'audit.html'}; tables beside it, proposals as masks in {folder / 'proposals'}"
    if result["mended"]:
        yield f"{counted(len(result['mended']), 'mask')} mended, copies in {Path(result['mended'][0]).parent}"
    if review is not None:
        yield f"To correct them in ITK-SNAP or 3D Slicer: {review / 'README.txt'}"
    if result["truth"] is not None:
        yield from _truth(result["truth"])


def _truth(truth: dict[str, Any]) -> Iterator[str]:
    slices = truth["all"]["slices"]
    same = {"foreground": slices == truth["foreground"]["slices"], "all": slices == truth["cases"]["cases"]}
    parts = {"cases": "cases", "foreground": "slices with foreground", "all": "slices all"}
    yield f"Compared with {', '.join(truth['of'])}; AUROC:"
    for part, text in parts.items():
        if same.get(part):
            continue
        found = truth[part]
        names = {"score": "audit", "one_minus_dice": "1 - Dice", "loss": "mean loss", "soft_min": "soft minimum"}
        names |= {"hd95": "HD95"}
        values = [f"{name} {_number(found[key]['auroc'], 3)}" for key, name in names.items()]
        count = found["cases" if part == "cases" else "slices"]
        yield f"  {text} ({found['wrong']} of {count} wrong): {', '.join(values)}"


def _table(result: dict[str, Any]) -> Table:
    """The most suspicious cases, at most 80 columns wide: the diagnosis is cut where it is longer."""
    unit = "px" if result["unit"] == "voxel" else "mm"
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=0)  # no rules between columns: room for words
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("case", overflow="fold", min_width=10)
    table.add_column("score", justify="right", no_wrap=True)
    table.add_column("diagnosis")
    several = len(result["slices"]) > len(result["cases"])
    for heading in ("Dice", f"HD95 {unit}", *(["slice"] if several else [])):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in result["cases"][:_SHOWN]:
        said = (row["said"] or "-").partition(": ")[0]  # how well it then agrees follows
        numbers = [_number(row["dice"], 2), _number(row["hd95"], 1), *([str(row["worst_slice"])] if several else [])]
        diagnosis = Text(said, no_wrap=True, overflow="ellipsis")
        table.add_row(str(row["rank"]), Text(row["case"]), _number(row["score"], 2), diagnosis, *numbers)
    return table


def _number(value: float | None, decimals: int) -> str:
    return "-" if value is None else f"{value:.{decimals}f}"

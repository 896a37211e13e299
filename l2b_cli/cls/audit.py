"""`l2b-cls audit`: a run, or a set and probabilities from elsewhere -> its training labels ranked by suspicion."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from rich.table import Table
from rich.text import Text
from typer import Argument, Option

from l2b_cli.shared.options import AuditOptions, spread
from l2b_cli.shared.result import Part, print_result
from l2b_data.errors import ConfigError

if TYPE_CHECKING:
    from l2b_cls.run_data import RunData
    from l2b_run.audit.cross_fit import AuditOptions as Networks

_SHOWN = 15
_FILE = "Judge by these probabilities of --data's training samples instead of a RUN: .csv or .npz; nothing is trained."


@spread
def audit(
    run: Annotated[Path | None, Argument(metavar="RUN", help="Folder of a finished run.")] = None,
    probabilities: Annotated[Path | None, Option(metavar="FILE", help=_FILE)] = None,
    *,
    options: AuditOptions,
) -> None:
    """Rank training labels by how likely they are wrong, with a proposed label for each.

    Of a RUN, or of a prepared set with --data SET --probabilities FILE:
    a .csv (first column a sample's name or index, then one column a class)
    or an .npz (probabilities, samples x classes; index or names where they
    are not the training samples in order). Its results go to FILE_audit
    beside the file, if --out is left out.

    Writes audit.csv (every sample), audit.json and audit.html (the most
    suspicious with their pictures).
    """
    _refuse_unclear(run, probabilities, options)
    if probabilities is not None:
        assert options.data is not None
        _audit_a_set(options.data, probabilities, options)
        return
    from l2b_cli.shared.audit_a_run import audit_a_run
    from l2b_cls.audit.audit import audit as audit_run
    from l2b_cls.report.write_report import write_report
    from pipelines.plan.classification import CLASSIFICATION

    assert run is not None
    folder = run

    def judged(data: "RunData", out: Path, networks: "Networks") -> dict[str, Any]:
        result = audit_run(folder, data, out, networks)
        write_report([folder], out / "audit.html", title=f"Audit of {folder.resolve().name}", audit=out)
        return result

    audit_a_run(run, CLASSIFICATION, options, audit=judged, results=_results)


def _refuse_unclear(run: Path | None, probabilities: Path | None, options: AuditOptions) -> None:
    """ConfigError where it is not one run, or one set with one file, that is audited."""
    trained = [f"--folds {options.folds}"] if options.folds != AuditOptions.folds else []
    trained += [] if options.epochs is None else [f"--epochs {options.epochs}"]
    faults = []
    if run is not None and probabilities is not None:
        faults.append(f"RUN {run} and --probabilities {probabilities}: the run's networks judge, or the file; name one")
    if run is None and probabilities is None:
        faults.append(
            "nothing to audit: name a RUN, or a prepared set and its judge with --data SET --probabilities FILE"
        )
    if run is None and probabilities is not None:
        if options.data is None:
            faults.append(f"--probabilities {probabilities}: of which samples? name the prepared set with --data")
        if unused := [*(["--quick"] if options.quick else []), *trained]:
            faults.append(f"{', '.join(unused)}: with --probabilities nothing is trained; leave out")
    elif options.quick and trained and options.folds:
        faults.append(f"--quick and {', '.join(trained)}: the run's own network, or networks trained for it; name one")
    if faults:
        raise ConfigError("\n".join(faults))


def _audit_a_set(data: Path, probabilities: Path, options: AuditOptions) -> None:
    import numpy as np

    from l2b_cli.shared.say import stderr_lines
    from l2b_cls.audit.audit_probabilities import audit_probabilities
    from l2b_cls.report.write_report import write_audit_page
    from l2b_data.samples.image_set import open_image_set
    from l2b_data.samples.noisy_labels import NoisyLabelTable

    out = options.out or probabilities.with_name(f"{probabilities.stem}_audit")
    images = open_image_set(data)
    with stderr_lines("audit", quiet=options.as_json) as say:
        result = audit_probabilities(images, probabilities, out, say=say)
        train = images.indices("train")
        given = NoisyLabelTable(train, np.full(len(train), -1), images.labels[train])
        write_audit_page(out / "audit.html", result, images, given, title=f"Audit of {images.name}")
    print_result(result, _results(result, out), as_json=options.as_json)


def _results(result: dict[str, Any], folder: Path) -> Iterator[Part]:
    from l2b_cls.report.audit_words import finding_lines, judges_lines
    from l2b_cls.report.tables import quality_rows

    yield from judges_lines(result)
    yield _table(result)
    yield f"{result['flagged']} of {result['n']} labels doubted; about {result['wrong']:.1%} of all are wrong"
    yield from finding_lines(result)
    if result["in_sample"]:
        yield "a first look: the network has learnt part of the labels it judges; --folds 2 judges by ones that did not"
    if result["in_sample"] is None:
        yield f"judged by {result['definitions']['judged_by']}"
    truth = result["truth"]
    if truth is not None:
        yield f"against the clean labels ({truth['wrong']} of {truth['known']} given labels wrong):"
        headings = ("AUROC", "AP", "flagged", "precision", "recall")
        for row in quality_rows(truth):
            known = [(name, text) for name, text in zip(headings, row["cells"], strict=True) if text != "–"]
            yield f"  {row['name']}: {', '.join(f'{name} {text}' for name, text in known)}"
        yield from _kinds(truth)
        balanced = (truth["given_balanced_accuracy"], truth["proposal_balanced_accuracy"])
        told = f"given {truth['given_accuracy']:.1%}, proposed {truth['proposal_accuracy']:.1%}"
        yield f"  right labels: {told}; mean over the classes {balanced[0]:.1%}, {balanced[1]:.1%}"
    yield f"Look at them: {folder / 'audit.html'}; all of them: {folder / 'audit.csv'}"


def _kinds(truth: dict[str, Any]) -> Iterator[str]:
    """AUROC of every ranking for each planted mistake, against all right labels."""
    names = {"score": "this audit", "loss": "loss", "cleanlab": "margin"}
    for kind, found in truth.get("kinds", {}).items():
        values = [(name, found["ranking"][key]["auroc"]) for key, name in names.items() if key in found["ranking"]]
        told = ", ".join(f"{name} {value:.3f}" for name, value in values if value is not None)
        yield f"  {kind} ({found['wrong']}): AUROC {told}"


def _table(result: dict[str, Any]) -> Table:
    """The most suspicious samples, at most 80 columns wide."""
    title = f"Most suspicious of {result['n']} labels, judged by {_judged_by(result)}"
    table = Table(title=title, title_justify="left", pad_edge=False)
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


def _judged_by(result: dict[str, Any]) -> str:
    from l2b_cli.shared.audit_a_run import judged_by

    return Path(result["probabilities"]).name if result["in_sample"] is None else judged_by(result, "label")

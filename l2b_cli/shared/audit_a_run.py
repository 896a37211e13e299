"""`audit` of either tool: the run's files, its data, progress, results."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from l2b_cli.shared.options import AuditOptions
from l2b_cli.shared.result import Part, print_result
from l2b_cli.shared.say import stderr_lines
from l2b_data.errors import DataError
from l2b_run.audit.cross_fit import AuditOptions as Networks
from l2b_run.training.device import choose_device
from pipelines.plan.request import Planner


def audit_a_run(
    run: Path,
    planner: Planner[Any, Any],
    options: AuditOptions,
    *,
    audit: Callable[[Any, Path, Networks], dict[str, Any]],
    results: Callable[[dict[str, Any], Path], Iterable[Part]],
) -> None:
    """Audit a run on the data it was trained on and print what was found.

    audit: of the run's data, the folder of the results and how to judge, gives audit.json.
    results: of audit.json and the folder what to print. Raises DataError for a folder that is no run to audit.
    """
    needed = (*planner.files, *(() if options.networks else ("model.safetensors",)))
    if missing := [name for name in needed if not (run / name).is_file()]:
        raise DataError(f"{run} is no run to audit: {', '.join(missing)} missing; give the folder `train` wrote")
    device, settings = choose_device(options.device), planner.read_settings(run / "config.yaml")
    folder = options.out or run / "audit"
    with stderr_lines("audit", quiet=options.as_json) as say:

        def progress(row: dict[str, Any]) -> None:
            if "seconds" in row:
                told = f"loss {row['loss']:.4f}, {row['seconds']:.0f} s"
                say(f"network {row['fold'] + 1} of {options.networks}, epoch {row['epoch']}: {told}")

        data = planner.reopen(run, options.data, settings, say)
        result = audit(data, folder, Networks(options.networks, options.epochs, device, say, progress))
    print_result(result, results(result, folder), as_json=options.as_json)


def judged_by(result: dict[str, Any], what: str) -> str:
    """Words for the networks that judged: which had not seen the case or label (`what`), or in-sample."""
    return "the run's own network: in-sample" if result["in_sample"] else f"networks that had not seen the {what}"

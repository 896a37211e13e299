"""`l2b-seg compare`: two runs on the same cases."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from l2b_cli.shared.options import AsJson, BootstrapSeed, RunB
from l2b_cli.shared.result import print_result, warn


def compare(
    run_a: Annotated[Path, Argument(metavar="RUN_A", help="Folder of a run or of an evaluation (--out).")],
    run_b: RunB,
    metric: Annotated[str, Option(help="dice, iou, nsd, hd, hd95, hd95_pooled, assd, masd, ...")] = "dice",
    seed: BootstrapSeed = 0,
    as_json: AsJson = False,
) -> None:
    """Paired differences a case, their mean with a bootstrap interval, and a Wilcoxon test.

    Exit code 3 if the runs have no case in common, or count distances in different units.
    """
    from l2b_seg.compare.compare import compare as compare_runs
    from l2b_seg.compare.tables import case_table, comparison_notes, summary_table

    found = compare_runs(run_a, run_b, metric=metric, seed=seed)
    print_result(found, (case_table(found), summary_table(found), *comparison_notes(found)), as_json=as_json)
    for name, cases in (("A", found["only_in_a"]), ("B", found["only_in_b"])):
        warn([f"only in {name}, not compared: {', '.join(cases)}"] if cases else [])
    warn(f"{metric} of {case} is undefined {where}, not compared" for case, where in found["undefined"].items())
    warn(found["warnings"])

"""`l2b-cls compare`: two runs on the same test samples."""

from pathlib import Path
from typing import Annotated

from typer import Argument

from l2b_cli.shared.options import AsJson, BootstrapSeed, RunB
from l2b_cli.shared.result import print_result, warn


def compare(
    run_a: Annotated[Path, Argument(metavar="RUN_A", help="Folder of a run, or a predictions.csv.")],
    run_b: RunB,
    seed: BootstrapSeed = 0,
    as_json: AsJson = False,
) -> None:
    """Paired difference of the accuracy, with a bootstrap interval and McNemar's exact test, in all and a class.

    Exit code 3 if the runs have no sample in common, or other names, classes or labels.
    """
    from l2b_cls.compare.compare import compare as compare_runs
    from l2b_cls.compare.tables import comparison_notes, comparison_table

    found = compare_runs(run_a, run_b, seed=seed)
    print_result(found, (comparison_table(found), *comparison_notes(found)), as_json=as_json)
    warn(found["warnings"])

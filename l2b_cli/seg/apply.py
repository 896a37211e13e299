"""`l2b-seg apply`: an audit and the decisions on it -> a folder of reviewed masks."""

from pathlib import Path
from typing import Annotated

from typer import Option

from l2b_cli.shared.apply import Audit, DecisionsFile, ReviewedOut, review_lines
from l2b_cli.shared.options import AsJson
from l2b_cli.shared.result import print_result, warn


def apply(
    audit: Audit,
    decisions: DecisionsFile,
    out: ReviewedOut,
    data: Annotated[Path | None, Option(help="The audited data set, where it has moved since.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write the reviewed masks of an audit: as decided on its page, undecided ones as given.

    Of each case the folder gets the given mask (keep), the mask without the mistake
    that the audit found (mend) or the networks' proposal; nothing of an excluded one.
    review_manifest.json says what, why and by whom. Train on it with --labels FOLDER,
    which leaves out what is excluded.
    """
    from l2b_seg.audit.apply.apply import apply as write_reviewed

    manifest = write_reviewed(audit, decisions, out, data=data)
    changed = ("mend", "proposal")
    held_out = [
        case for case, row in manifest["cases"].items() if row["part"] != "train" and row["decision"] in changed
    ]
    if held_out:
        warn([f"{', '.join(held_out)}: not for training: `train` takes their masks from labelsTr, copy them there"])
    print_result(manifest, review_lines(manifest, out, "mask"), as_json=as_json)

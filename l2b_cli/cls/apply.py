"""`l2b-cls apply`: an audit and the decisions on it -> a table of reviewed labels."""

from l2b_cli.shared.apply import Audit, DecisionsFile, ReviewedOut, review_lines
from l2b_cli.shared.options import AsJson
from l2b_cli.shared.result import print_result


def apply(audit: Audit, decisions: DecisionsFile, out: ReviewedOut, as_json: AsJson = False) -> None:
    """Write the reviewed labels of an audit: as decided on its page, undecided ones as given.

    Decisions go by the samples' names: keep, proposal or exclude. The folder gets
    labels.csv (name, label), without what is excluded, and review_manifest.json: what,
    why and by whom. Train on it with --labels FOLDER, which leaves out what is excluded.
    """
    from l2b_cls.audit.apply import apply as write_reviewed

    manifest = write_reviewed(audit, decisions, out)
    print_result(manifest, review_lines(manifest, out, "label"), as_json=as_json)

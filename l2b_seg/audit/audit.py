"""The audit of a run's masks by networks trained as the run was."""

from pathlib import Path
from typing import Any

from l2b_run.audit.cross_fit import AuditOptions
from l2b_seg.audit.judges.networks import panel_of_run
from l2b_seg.audit.masks import Cases, audited_masks, masks_record
from l2b_seg.audit.rank import rank
from l2b_seg.recipe import read_settings
from l2b_seg.run_data import RunData


def audit(
    run: Path,
    data: RunData,
    out: Path,
    options: AuditOptions,
    *,
    cases: Cases = "train",
    given: Path | None = None,
    mend_to: Path | None = None,
    review_to: Path | None = None,
) -> dict[str, Any]:
    """Rank the given masks of the run's cases by suspicion, write everything into `out`, return audit.json.

    data: what the run was trained on. cases, given: which masks, as in `audited_masks`. mend_to: folder of
    mended copies. review_to: folder for `export_review`. Who judges: as `panel_of_run`.
    Networks are kept in run/audit, whatever `out` is. Clean masks read: those of the meta and evaluation cases; those
    of training cases only for the columns that say how good the ranking is.
    Raises ConfigError (folds), DataError (a file that cannot be used; a run that is not finished; dead judges).
    """
    settings, masks = read_settings(run / "config.yaml"), audited_masks(data, cases, given)
    panel = panel_of_run(run, settings, data, list(masks.folders), options)
    record = {"run": run.resolve().name, "method": settings.method, **masks_record(masks)}
    return rank(
        masks,
        panel,
        out,
        record=record,
        plane=settings.slices.plane,
        clean=data.meta,
        say=options.say,
        mend_to=mend_to,
        review_to=review_to,
    )

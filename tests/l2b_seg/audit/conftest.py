"""A run on six cases with four slices known to be wrong, and its audit, made once for all tests that only look."""

from types import SimpleNamespace

import pytest

from l2b_run.audit.cross_fit import AuditOptions
from l2b_seg.audit.audit import audit
from tests.l2b_seg.audit.wrong_masks import EPOCHS, make_run


@pytest.fixture(scope="session")
def audited(tmp_path_factory):
    """`run`, `data`, `out`, and the `result` of an audit with two folds."""
    root = tmp_path_factory.mktemp("audited")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("L2B_CACHE", str(root / "cache"))
        run, data = make_run(root)
        result = audit(run, data, root / "out", AuditOptions(2, EPOCHS))
    return SimpleNamespace(run=run, data=data, out=root / "out", result=result)

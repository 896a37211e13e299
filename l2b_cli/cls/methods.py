"""`l2b-cls methods`: what `train --method` takes."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from l2b_cli.shared.methods_of import methods_of

if TYPE_CHECKING:
    from l2b_run.training.method import Method


def _table() -> Mapping[str, "Method"]:
    from l2b_cls.methods.table import METHODS

    return METHODS


methods = methods_of(_table)

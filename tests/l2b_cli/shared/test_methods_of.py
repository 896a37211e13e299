"""`methods` and the help of `train` say what the table says."""

import json

import pytest

from l2b_cli.shared.methods_of import method_names, methods_of
from l2b_cls.methods.table import METHODS as CLS
from l2b_run.training.method import Method
from l2b_seg.methods.table import METHODS as SEG
from tests.command import call_command

EACH_TOOL = pytest.mark.parametrize(("tool", "table"), [("seg", SEG), ("cls", CLS)])


@EACH_TOOL
def test_names_are_read_without_importing_the_table(tool: str, table: dict[str, Method]) -> None:
    assert method_names(f"l2b_{tool}.methods.table") == ", ".join(table)
    with pytest.raises(LookupError, match="no METHODS"):
        method_names("l2b_cli.shared.say")


@EACH_TOOL
def test_every_method_with_source_need_and_cost(tool, table):
    code, out, _ = call_command(methods_of(f"l2b_{tool}.methods.table"), "--json")
    rows = {row["name"]: row for row in json.loads(out)}
    assert (code, list(rows)) == (0, list(table))
    for name, row in rows.items():
        assert row["text"] == table[name].text
        assert row["source"]
        assert row["cost"] >= 1
    assert not rows["mixup"]["clean_labels"]
    assert rows["l2b"]["clean_labels"]
    assert rows["l2b"]["without_clean"]
    assert not rows["joint"]["without_clean"]
    assert rows["clean-only"]["aliases"] == ["meta"]
    code, out, _ = call_command(methods_of(f"l2b_{tool}.methods.table"))
    assert all(name in out for name in table)

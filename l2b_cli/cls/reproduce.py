"""`l2b-cls reproduce`: the papers' tables of classification."""

from l2b_cli.shared.reproduce.command import Tool, reproduce_of

reproduce = reproduce_of(Tool("classification", "l2b_cli.cls.main", "l2b_cls.methods.table"))

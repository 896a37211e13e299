"""`l2b-seg reproduce`: the papers' tables of segmentation."""

from l2b_cli.shared.reproduce.command import Tool, reproduce_of

reproduce = reproduce_of(Tool("segmentation", "l2b_cli.seg.main", "l2b_seg.methods.table"))

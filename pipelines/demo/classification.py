"""The demo of classification: digits of scikit-learn, 40 % of their training labels drawn anew."""

from data_prep.label_sets.digits import prepare_digits
from l2b_cls.report.write_report import write_report
from pipelines.demo.steps import Demo
from pipelines.plan.classification import CLASSIFICATION

DEMO = Demo(
    planner=CLASSIFICATION,
    recipe="digits",
    methods=("ce", "joint", "l2b"),
    noise="symmetric:0.4",
    data="digits, training labels symmetric:0.4",
    title="L2B demo: digits with wrong labels",
    make_data=lambda folder, seed, say: prepare_digits(folder),
    write_report=write_report,
)

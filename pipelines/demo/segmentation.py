"""The demo of segmentation: synthetic prostate MR, its masks corrupted at L1."""

from data_prep.mask_sets.synthetic import make_synthetic
from l2b_seg.report.write_report import write_report
from pipelines.demo.steps import Demo
from pipelines.plan.segmentation import SEGMENTATION

DEMO = Demo(
    planner=SEGMENTATION,
    recipe="synthetic",
    methods=("unetpp", "joint", "l2b"),
    noise="L1",
    data="synthetic prostate MR, training masks corrupted at L1",
    title="L2B demo: synthetic prostate MR",
    make_data=lambda folder, seed, say: make_synthetic(folder, seed=seed, say=say),
    write_report=write_report,
)

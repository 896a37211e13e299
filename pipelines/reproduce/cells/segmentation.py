"""How runs of segmentation are timed, scored and described."""

from functools import partial
from pathlib import Path

from l2b_data.cases.slicing import SliceOptions
from l2b_run.training.method import Training
from l2b_seg.config import Settings
from l2b_seg.methods.table import METHODS
from l2b_seg.metrics.case_evaluation import load_evaluation_cases, quick_look
from l2b_seg.metrics.summary import Summary
from l2b_seg.prediction.predictor import predictor_for
from l2b_seg.recipe import read_settings
from l2b_seg.run import batches_of, training_of
from l2b_seg.run_data import RunData, recorded_data
from pipelines.plan.request import Plan
from pipelines.plan.segmentation import SEGMENTATION
from pipelines.reproduce.cells.task import Probe, Score, TableTask
from pipelines.reproduce.cells.timed import timed
from pipelines.reproduce.tables.table import MetricName

_WHOLE_EPOCH = 2  # training cases of a method that makes its own epochs, which is timed as a whole


def _probe(plan: Plan[Settings, RunData]) -> Probe:
    settings, data = plan.settings, plan.data
    options = SliceOptions(**settings.slices.model_dump())
    part = data.train[:_WHOLE_EPOCH] if METHODS[settings.method].epoch is not None else data.train
    run = training_of(settings, batches_of(settings, data, options, plan.device, train=tuple(part)))
    after_epoch = partial(_after_epoch, run, settings, data, options)
    return Probe(run, run.batches.steps, len(data.train) / len(part), after_epoch)


def _after_epoch(run: Training, settings: Settings, data: RunData, options: SliceOptions) -> float:
    """Seconds of the evaluation of all cases, as often as it comes, from that of the first."""
    cases = load_evaluation_cases(data.dataset, data.evaluation[:1], options)

    def evaluate() -> None:
        quick_look(predictor_for(run.state.evaluated, settings, run.batches.device), cases)

    evaluate()  # untimed: first allocations
    return timed(evaluate, run.batches.device) * len(data.evaluation) / settings.evaluate_every


def _score(run: Path, metric: MetricName) -> Score:
    summary = Summary.read(run / "summary.json")
    return Score((summary.best or {}).get(metric), (summary.last or {}).get(metric))


def _described(run: Path) -> str:
    settings, data = read_settings(run / "config.yaml"), recorded_data(run)
    size, widths = settings.slices.size, "-".join(map(str, settings.network.widths))
    network = f"UNet++ {widths if settings.network.architecture == 'monai' else settings.network.encoder}"
    return (
        f"{len(data['train'])} training cases, {len(data['meta'])} clean, {len(data['evaluation'])} evaluated; "
        f"slices of {size} x {size}; {network}, {settings.epochs} epochs"
    )


TASK = TableTask(SEGMENTATION, METHODS, _probe, _score, _described)

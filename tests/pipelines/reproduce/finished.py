"""Run folders of a table as its trainings leave them, made in milliseconds."""

import json

import yaml

from pipelines.reproduce.cells.table_task import table_task


def begin(run, kind, *, epochs=2, overrides=None):
    """The folder of a run that has finished some epochs. overrides: those it had, if others than the request's."""
    request = run.request
    settings = table_task(kind).planner.load_settings(
        request.recipe,
        preset=request.preset,
        method=request.method,
        seed=request.seed,
        overrides=request.overrides if overrides is None else overrides,
    )
    run.out.mkdir(parents=True)
    (run.out / "config.yaml").write_text(yaml.safe_dump(settings.model_dump()))
    (run.out / "checkpoint_latest.pt").touch()
    key = "test_dice" if kind == "segmentation" else "test_accuracy"
    rows = [{"epoch": epoch, key: 0.1 * epoch + 0.01 * run.seed} for epoch in range(1, epochs + 1)]
    (run.out / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def finish(run, kind, *, best, last, seconds=10.0, **more):
    """The folder of a finished run; best, last: of each metric, as a summary has it. more: of `begin`."""
    begin(run, kind, **more)
    summary = {"method": run.row.method, "total_seconds": seconds, "peak_memory_mb": 500.0}
    if kind == "segmentation":
        summary |= {"best": best, "last": last}
        split = {"train": ["a", "b"], "meta": ["c"], "evaluation": ["d"], "labels": "l", "noise": {}, "dataset": "x"}
        (run.out / "split.json").write_text(json.dumps(split))
    else:
        summary |= {"test": {"best": best, "last": last}, "n_train": 9500, "n_evaluation": 5000, "classes": ["a", "b"]}
        summary |= {"auc_noise_detection": {"weight_net": last.get("auc"), "loss": 0.5}}
        summary |= {"auc_noise_detection_best": {"weight_net": {"auc": best.get("auc"), "epoch": 2}}}
    (run.out / "summary.json").write_text(json.dumps(summary))

"""The networks that judge in an audit: trained on folds, without the labels they judge, or the run's own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
import torch

from l2b_data.errors import ConfigError
from l2b_run.audit.folds import Fold
from l2b_run.audit.kept_fold import begin_fold, finish_fold, fold_folder, is_finished
from l2b_run.settings.shared import TrainingSettings
from l2b_run.training.epoch_row import Progress
from l2b_run.training.loop import train
from l2b_run.training.method import Training
from l2b_run.training.state import TrainState

Found = TypeVar("Found")


@dataclass(frozen=True)
class AuditOptions:
    """folds: networks to train, each judging what it did not see; 0: the run's own network, in-sample.
    epochs: of each of them; None: the task's choice, which matches the run's training. device: where they run. say gets
    a line a step, progress the rows of training, with "fold" first in each."""

    folds: int = 2
    epochs: int | None = None
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    say: Callable[[str], None] = lambda line: None
    progress: Progress = lambda row: None

    def record(self, epochs: list[int]) -> dict[str, Any]:
        """What audit.json says of them; epochs: what each network took."""
        return {"folds": self.folds, "in_sample": self.folds == 0, "epochs": epochs}


def judged_by(in_sample: bool, labels: str, elements: str) -> str:
    """Who judged, in words; plurals of what was judged (labels, masks) and of what bears it (samples, cases)."""
    if in_sample:
        own = "the run's own network, which was trained on the very"
        return f"{own} {labels} it judges: they look better than they are"
    return f"networks trained as the run was, each without the {elements} it judges"


@dataclass(frozen=True)
class FoldNetwork(Generic[Found]):
    """How a task trains the network of a fold, and what it keeps of it.

    content: what tells the network's data from other data, ready for JSON. start(): the training, before its first
    step. result: name of the file that is kept; keep(path, state): writes it; read(path): None where it is damaged.
    """

    settings: TrainingSettings
    content: dict[str, Any]
    start: Callable[[], Training]
    result: str
    keep: Callable[[Path, TrainState], None]
    read: Callable[[Path], Found | None]


@dataclass(frozen=True)
class Judged(Generic[Found]):
    """What was kept of a network, and the positions of the elements it judges; fold: None for the run's own network."""

    fold: int | None
    held_out: np.ndarray
    found: Found
    epochs: int


def cross_fit(
    run: Path,
    options: AuditOptions,
    *,
    cut: Callable[[int], list[Fold]],
    network_of: Callable[[Fold], FoldNetwork[Found]],
    own: Callable[[], Judged[Found]],
    beside: str = "",
) -> Iterator[Judged[Found]]:
    """The networks, one after the other, that together judge every training element once.

    cut(count): the folds. own(): the run's network, in place of them where `options` has none. The others are kept in
    run/audit/fold_NUMBER_of_COUNT (see `fold_folder`): finished, one is not trained again; interrupted, it goes on.
    beside: behind that name, for networks that are kept beside those of the same settings and other data.
    Raises ConfigError for options there cannot be.
    """
    if options.epochs is not None and (options.folds == 0 or options.epochs < 1):
        raise ConfigError(f"--epochs {options.epochs}: at least 1, and only with --folds of 2 or more")
    if options.folds == 0:
        yield own()
        return
    for fold in cut(options.folds):
        network = network_of(fold)
        record = network.content | {"settings": network.settings.model_dump()}
        folder = fold_folder(run / "audit" / f"fold_{fold.number}_of_{options.folds}{beside}", record)
        path = folder / network.result
        found = network.read(path) if is_finished(folder, record, path.name) else None
        if found is None:
            resume = begin_fold(folder, record, path.name)

            def numbered(row: dict[str, Any], number: int = fold.number) -> None:
                options.progress({"fold": number, **row})

            network.keep(path, train(network.start(), folder, score="", progress=numbered, resume=resume))
            finish_fold(folder, record)
            found = network.read(path)
            assert found is not None
        yield Judged(fold.number, fold.held_out, found, network.settings.epochs)

"""Which weights know the wrong labels, and what that brings: the ways to weights, on networks of seconds.

    python benchmarks/weights_that_know.py digits                                # scikit-learn's, half of them wrong
    python benchmarks/weights_that_know.py chest --file pneumoniamnist.npz       # 14 x 14 pixels, 40 % flipped
    python benchmarks/weights_that_know.py prostate --file DATA --labels labelsTr_noisy_L2_s0    # 32 x 32 pixels

DATA is a prepared PROMISE12. A perceptron of two hidden layers, or five dilated convolutions; half of the epochs on the
given labels with a step on the clean batch after each, then the method with those clean steps going on. mwnet and
rmnwnet begin at once and have no clean steps, as published. Noise, split and network are drawn from each seed.
First and second score, of the averaged network after the last epoch: accuracy and balanced accuracy, or Dice over all
test pixels and a slice's mean. AUC: of alpha - beta (alpha, where that is all) in the last epoch, for right given
labels, beside that of -loss under the averaged network; of pixels in the box around both masks.
"""

import argparse
import copy
import math
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from l2b import LabelWeightNet, WeightNet, learnt, pseudo_only, rectified, soft_choice, train_step, weight_net_step
from l2b_cls.losses import cross_entropy
from l2b_cls.sample_log.noise_detection import area_under_curve
from l2b_run.methods.l2b_net import LabelNetSettings, features
from l2b_run.training.task import Task

Pair = tuple[Tensor, Tensor]
METHODS = ("plain", "joint", "mwnet", "rmnwnet", "l2b-eq8-9", "l2b", "self-training", "l2b-net")
CHOSEN = LabelNetSettings()
LR, DECAY, NOISE = 0.1, 0.98, 0.3


@dataclass(frozen=True)
class Problem:
    """Training inputs, given and clean labels; meta and test pairs; the network, and the scores of its logits."""

    x: Tensor
    given: Tensor
    clean: Tensor
    meta: Pair
    test: Pair
    network: Callable[[], nn.Module]
    loss: Callable[[Tensor, Tensor], Tensor]
    label: Callable[[Tensor], Tensor]
    scores: Callable[[Tensor, Tensor], tuple[float, float]]
    counted: Tensor
    batch: int = 64
    epochs: int = 30


def samples(x: np.ndarray, y: np.ndarray, test: tuple[np.ndarray, np.ndarray], *, rate: float, seed: int) -> Problem:
    """100 clean ones, equally many a class; of the others' labels `rate` are another class's, each as likely."""
    classes, draw = int(y.max()) + 1, np.random.default_rng(seed)
    order = draw.permutation(len(y))
    judges = np.concatenate([order[y[order] == label][: 100 // classes] for label in range(classes)])
    train = np.setdiff1d(order, judges)
    wrong = draw.random(len(train)) < rate
    given = np.where(wrong, (y[train] + draw.integers(1, classes, len(train))) % classes, y[train])
    middle, spread = x[train].mean(), x[train].std()

    def tensors(inputs: np.ndarray, labels: np.ndarray) -> Pair:
        return torch.from_numpy(((inputs - middle) / spread).astype(np.float32)), torch.from_numpy(labels).long()

    def network() -> nn.Module:
        sizes = x.shape[1], 128, 128
        hidden = [layer for pair in pairwise(sizes) for layer in (nn.Linear(*pair), nn.ReLU())]
        return nn.Sequential(*hidden, nn.Linear(128, classes))

    def scores(logits: Tensor, target: Tensor) -> tuple[float, float]:
        right = (logits.argmax(1) == target).float()
        return float(right.mean()), statistics.fmean(float(right[target == label].mean()) for label in range(classes))

    images, labels = tensors(x[train], given)
    return Problem(
        images, labels, torch.from_numpy(y[train]).long(), tensors(x[judges], y[judges]), tensors(*test),
        network, cross_entropy, lambda logits: logits.argmax(1), scores, torch.ones(len(train), dtype=torch.bool),
    )  # fmt: skip


def digits(options: argparse.Namespace, seed: int) -> Problem:
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng([seed, 1]).permutation(len(y))
    x, y = x[order] / 16, y[order]
    return samples(x[:1100], y[:1100], (x[1100:], y[1100:]), rate=0.5, seed=seed)


def chest(options: argparse.Namespace, seed: int) -> Problem:
    """2,000 training images, a tenth of them without pneumonia as in the tool's runs; `--test val` to choose on."""
    with np.load(options.file) as file:
        parts = {part: (file[f"{part}_images"], file[f"{part}_labels"].ravel()) for part in ("train", options.test)}
    small = {part: x.reshape(-1, 14, 2, 14, 2).mean((2, 4)).reshape(-1, 196) / 255 for part, (x, _) in parts.items()}
    y = parts["train"][1]
    draw = np.random.default_rng([seed, 1])
    chosen = np.concatenate([draw.permutation(np.flatnonzero(y == label))[:n] for label, n in ((0, 250), (1, 1850))])
    return samples(
        small["train"][chosen], y[chosen], (small[options.test], parts[options.test][1]), rate=0.4, seed=seed
    )


def prostate(options: argparse.Namespace, seed: int) -> Problem:
    """PROMISE12's slices with foreground in the given or clean mask and one in three of the others, 32 x 32."""
    from l2b_data.cases.dataset import Dataset
    from l2b_data.cases.slices import load_slices
    from l2b_data.cases.slicing import SliceOptions
    from l2b_seg.task import Task

    task, dataset = Task(1, ("prostate",)), Dataset.open(options.file)
    read = partial(load_slices, dataset, options=SliceOptions(32, 0.625, "zscore", "half"))
    given, clean = read(dataset.splits["train"], labels=options.labels), read(dataset.splits["train"])
    meta, test = read(dataset.splits["meta"]), read(dataset.splits["test"])
    box = torch.stack([_box((one + other)[0] > 0) for one, other in zip(given.mask, clean.mask, strict=True)])
    kept = box.flatten(1).any(1) | (torch.arange(len(box)) % 3 == 0)

    def network() -> nn.Module:
        layers: list[nn.Module] = []
        for inputs, step in ((1, 1), (8, 2), (8, 4), (8, 4), (8, 1)):
            layers += [nn.Conv2d(inputs, 8, 3, padding=step, dilation=step), nn.BatchNorm2d(8), nn.ReLU()]
        return nn.Sequential(*layers, nn.Conv2d(8, 1, 1))

    def scores(logits: Tensor, target: Tensor) -> tuple[float, float]:
        found = logits > 0
        both, all_of = ((found & (target > 0)).sum((1, 2, 3)), found.sum((1, 2, 3)) + target.sum((1, 2, 3)))
        return float(2 * both.sum() / all_of.sum()), float((2 * both / all_of)[target.flatten(1).any(1)].mean())

    return Problem(
        given.image[kept], given.mask[kept], clean.mask[kept], (meta.image, meta.mask), (test.image, test.mask),
        network, task.loss, task.hard_pseudo_label, scores, box[kept], batch=32, epochs=12,
    )  # fmt: skip


def _box(mask: Tensor) -> Tensor:
    """The smallest box (H, W) around a mask, as a mask."""
    rows, columns = mask.any(1), mask.any(0)
    ends = [
        slice(int(line.nonzero()[0]), int(line.nonzero()[-1]) + 1) if line.any() else slice(0)
        for line in (rows, columns)
    ]
    box = torch.zeros_like(mask)
    box[ends[0], ends[1]] = True
    return box


@dataclass
class Cell:
    """A run under way: what it trains, and the sums of its last epoch's weights of every element."""

    problem: Problem
    method: str
    seed: int

    def __post_init__(self) -> None:
        torch.manual_seed(self.seed)
        self.model = self.problem.network()
        self.averaged = copy.deepcopy(self.model).eval()
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=LR, momentum=0.9, weight_decay=5e-4)
        self.net = WeightNet(100) if self.method.endswith("wnet") else LabelWeightNet(4, CHOSEN.hidden, CHOSEN.prior)
        of_loss = torch.optim.SGD(self.net.parameters(), lr=1e-3, momentum=0.9, nesterov=True, weight_decay=5e-4)
        learner = torch.optim.Adam(self.net.parameters(), lr=CHOSEN.lr)
        self.net_optimizer = of_loss if self.method.endswith("wnet") else learner

    def step(self, batch: Pair, meta: Pair, *, warm_up: bool) -> Tensor:
        """One step; the weights (K, B, *E)."""
        p, clip = self.problem, {"clip_norm": 1.0}
        if self.method.endswith("wnet"):
            on_meta = p.loss if self.method == "mwnet" else partial(_absolute_error, p.loss)
            return weight_net_step(
                self.model, self.optimizer, self.net, self.net_optimizer, batch, meta,
                loss=p.loss, meta_loss=on_meta, **clip,
            ).weights  # fmt: skip
        teaches = self.method != "plain"
        if warm_up or self.method in ("plain", "joint"):
            return train_step(
                self.model, self.optimizer, batch, meta,
                loss=p.loss, warm_up=True, supervised_meta_step=teaches, **clip,
            ).weights  # fmt: skip
        with torch.no_grad():
            logits = self.averaged(batch[0])
        pseudo = p.label(logits)
        seen = features(cast(Task, p), logits, batch[1], pseudo)
        normalize = {
            "l2b-eq8-9": rectified,
            "l2b": soft_choice(),
            "self-training": pseudo_only(soft_choice()),
            "l2b-net": learnt(self.net, self.net_optimizer, seen, pull=CHOSEN.pull)
            if self.method == "l2b-net"
            else rectified,
        }[self.method]
        return train_step(
            self.model, self.optimizer, batch, meta, loss=p.loss, pseudo_label=lambda _: pseudo,
            normalize=normalize, supervised_meta_step=True, **clip,
        ).weights  # fmt: skip

    def run(self) -> dict[str, float | None]:
        """Train; scores and AUCs."""
        p, updates = self.problem, 0
        sums, counts = torch.zeros(p.given.shape[0], *p.counted.shape[1:]), torch.zeros(p.given.shape[0])
        for epoch in range(p.epochs):
            self.optimizer.param_groups[0]["lr"] = LR * (1 + math.cos(math.pi * epoch / p.epochs)) / 2
            for index, batch, meta in self._batches(epoch):
                weights = self.step(batch, meta, warm_up=epoch < p.epochs // 2)
                updates += 1
                with torch.no_grad():
                    for mine, theirs in zip(
                        self.averaged.state_dict().values(), self.model.state_dict().values(), strict=True
                    ):
                        mine.lerp_(
                            theirs, 1 - min(DECAY, updates / (updates + 9))
                        ) if mine.is_floating_point() else None
                if epoch == p.epochs - 1:
                    sums[index] += weights[0] - (weights[1] if len(weights) > 1 else 0)
                    counts[index] += 1
        with torch.no_grad():
            logits = torch.cat([self.averaged(part) for part in p.test[0].split(256)])
            loss = torch.cat(
                [p.loss(self.averaged(x), y) for x, y in zip(p.x.split(256), p.given.split(256), strict=True)]
            )
        right = (p.given == p.clean).view(loss.shape)
        weighed = p.counted & (counts > 0).view(-1, *[1] * (p.counted.ndim - 1))
        first, second = p.scores(logits, p.test[1])
        sums = torch.full_like(sums, torch.nan) if self.method in ("plain", "joint") else sums
        known = [area_under_curve(score[weighed].numpy(), right[weighed].numpy()) for score in (sums, -loss)]
        return {"first": first, "second": second, "weights": known[0], "loss": known[1]}

    def _batches(self, epoch: int) -> Iterator[tuple[Tensor, Pair, Pair]]:
        """Positions, given batch and clean batch of every step, with noise on the inputs."""
        draw = torch.Generator().manual_seed(1000 * self.seed + epoch)
        p = self.problem
        for index in torch.randperm(len(p.x), generator=draw).split(p.batch):
            if len(index) == p.batch:
                judges = torch.randperm(len(p.meta[0]), generator=draw)[: p.batch]
                pairs = ((p.x[index], p.given[index]), (p.meta[0][judges], p.meta[1][judges]))
                noisy = [(x + NOISE * torch.randn(x.shape, generator=draw), y) for x, y in pairs]
                yield index, noisy[0], noisy[1]


def _absolute_error(loss: Callable[[Tensor, Tensor], Tensor], logits: Tensor, target: Tensor) -> Tensor:
    """2 (1 - p of the target), from its cross-entropy."""
    return 2 * (1 - torch.exp(-loss(logits, target)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", choices=("digits", "chest", "prostate"))
    parser.add_argument("--file", type=Path)
    parser.add_argument("--labels", default="labelsTr_noisy_L2_s0")
    parser.add_argument("--test", choices=("test", "val"), default="test", help="of chest")
    parser.add_argument("--method", action="append", choices=METHODS, help="repeatable; all by default")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    options = parser.parse_args()
    torch.set_num_threads(1)
    make = {"digits": digits, "chest": chest, "prostate": prostate}[options.data]
    print(
        "| data | method | seeds | first score | second score | AUC of the weights | AUC by loss |",
        "|---|---|---|---|---|---|---|",
        sep="\n",
    )
    for method in options.method or METHODS:
        found = [Cell(make(options, seed), method, seed).run() for seed in options.seeds]
        cells = [
            [one[name] for one in found if one[name] is not None] for name in ("first", "second", "weights", "loss")
        ]
        print(f"| {options.data} | {method} | {len(found)} | {' | '.join(map(_spread, cells))} |", flush=True)


def _spread(values: list[float]) -> str:
    if not values:
        return "-"
    spread = f" ± {statistics.stdev(values):.3f}" if len(values) > 1 else ""
    return f"{statistics.fmean(values):.3f}{spread}"


if __name__ == "__main__":
    main()

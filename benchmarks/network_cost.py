"""What a batch costs each classification network: evaluation, a plain step, an exact and a fast l2b step.

    python benchmarks/network_cost.py                                        # the networks a CPU can train
    python benchmarks/network_cost.py --network resnet32 --size 32 --batch 128
    python benchmarks/network_cost.py --network small-cnn --widths 16 32 64 --size 28 --channels 1

B = M. Milliseconds of processor time of one thread, the median over `--repeats` steps after a first one that is not
counted: processor time does not count the waiting for other work on the machine, though that still costs cache.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

USUAL = [
    ("small-cnn", 28, 1, 128),
    ("small-cnn", 32, 3, 128),
    ("resnet32", 32, 3, 128),
    ("efficientnet-lite0", 96, 3, 32),
]
"""Network, pixels a side, channels, B = M."""


def main() -> None:
    options = _options()
    rows = USUAL if options.network is None else [(options.network, options.size, options.channels, options.batch)]
    print(f"{'ms a batch, one thread':40}{'parameters':>12}{'evaluate':>10}{'plain':>10}{'exact':>10}{'fast':>10}")
    for network, size, channels, batch in rows:
        parameters, costs = _measure(network, size, channels, batch, options)
        label = f"{network} {size}x{size}x{channels} B=M={batch}"
        print(f"{label:40}{parameters:12,}" + "".join(f"{1000 * cost:10.0f}" for cost in costs), flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", help="one architecture of network.architecture; default: four usual cases")
    parser.add_argument("--size", type=int, default=32, help="pixels a side")
    parser.add_argument("--channels", type=int, default=3)
    parser.add_argument("--batch", type=int, default=128, help="B = M")
    parser.add_argument("--widths", type=int, nargs="+", default=[24, 48, 96], help="of small-cnn")
    parser.add_argument("--repeats", type=int, default=5)
    return parser.parse_args()


def _measure(
    network: str, size: int, channels: int, batch: int, options: argparse.Namespace
) -> tuple[int, list[float]]:
    """The number of parameters, and the seconds of evaluation, plain, exact and fast step."""
    import torch
    from torch.nn.functional import cross_entropy

    from l2b import train_step
    from l2b_cls.config import NetworkSettings
    from l2b_cls.networks import build_network

    torch.set_num_threads(1)
    torch.manual_seed(0)
    settings = NetworkSettings(architecture=network, widths=options.widths)  # type: ignore[arg-type]
    model = build_network(settings, classes=10, channels=channels)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)
    train, meta = ((torch.randn(batch, channels, size, size), torch.randint(10, (batch,))) for _ in range(2))

    def evaluate() -> None:
        with torch.inference_mode():
            model.eval()(train[0])
        model.train()

    def step(**arguments: object) -> Callable[[], object]:
        return lambda: train_step(
            model,
            optimizer,
            train,
            meta,
            loss=lambda logits, target: cross_entropy(logits, target, reduction="none"),
            pseudo_label=lambda logits: logits.argmax(1),
            **arguments,  # type: ignore[arg-type]
        )

    steps = [evaluate, step(warm_up=True), step(mode="exact"), step(mode="fast")]
    return sum(p.numel() for p in model.parameters()), [_seconds(run, options.repeats) for run in steps]


def _seconds(run: Callable[[], object], repeats: int) -> float:
    run()  # fills momentum buffers and allocator
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        run()
        seconds.append(time.process_time() - start)
    return statistics.median(seconds)


if __name__ == "__main__":
    main()

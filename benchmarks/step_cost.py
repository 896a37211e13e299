"""What a step costs beside a plain one: every way to the weights, in one run.

    python benchmarks/step_cost.py                                   # both networks, full size
    python benchmarks/step_cost.py --network resnet18 --batch 16     # smaller
    python benchmarks/step_cost.py --network unetpp --size 48 --batch 4 --widths 8 8 16 32 64 8

Each variant runs in a process of its own, so that its peak memory is its own (ru_maxrss, less what the process
held before its first step). Times are the median over `--repeats` steps after a first one that is not counted,
printed as ratios to the plain step of the same run: on a shared machine the seconds mean little, and ratios are to
be read with care as well. `higher` needs the dev extra and is left out without it.
"""

import argparse
import importlib.util
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

VARIANTS = {
    "plain": "plain step",
    "exact": "exact, M = B",
    "exact_quarter": "exact, M = B/4",
    "fast": "fast, M = B",
    "fast_quarter": "fast, M = B/4",
    "double_backward": "double backward, functional",
    "higher": "higher 0.2.1, as released",
}
SIZES = {"unetpp": (8, 144), "resnet18": (64, 32)}


def main() -> None:
    options = _options()
    if options.variant:
        print(json.dumps(_measure(options.variant, options)))
        return
    print(f"{options.threads} thread(s); ratios to the plain step; other load on the machine shows in them\n")
    for network in [options.network] if options.network else list(SIZES):
        _table(network, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", choices=list(SIZES), help="default: both")
    parser.add_argument("--batch", type=int, help="B (default 8 for unetpp, 64 for resnet18)")
    parser.add_argument("--size", type=int, help="pixels a side (default 144, 32)")
    parser.add_argument("--widths", type=int, nargs=6, default=[16, 16, 32, 64, 128, 16], help="of UNet++")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--variants", nargs="+", choices=list(VARIANTS), default=list(VARIANTS))
    parser.add_argument("--variant", choices=list(VARIANTS), help=argparse.SUPPRESS)
    return parser.parse_args()


def _table(network: str, options: argparse.Namespace) -> None:
    usual_batch, usual_size = SIZES[network]
    batch, size = options.batch or usual_batch, options.size or usual_size
    chosen = dict.fromkeys(["plain", *options.variants])
    if importlib.util.find_spec("higher") is None:
        chosen.pop("higher", None)
    print(f"{network}, batch {batch}, {size} x {size}")
    print(f"{'':32}{'time':>8}{'peak MB':>10}{'peak':>8}")
    plain: dict[str, float] = {}
    for variant in chosen:
        command = [sys.executable, "-W", "ignore", __file__, "--variant", variant]
        command += ["--network", network, "--batch", str(batch)]
        command += ["--size", str(size), "--repeats", str(options.repeats), "--threads", str(options.threads)]
        command += ["--widths", *map(str, options.widths)]
        run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        found = json.loads(run.stdout.splitlines()[-1])
        plain = plain or found
        ratios = found["seconds"] / plain["seconds"], found["peak_mb"] / plain["peak_mb"]
        print(f"{VARIANTS[variant]:32}{ratios[0]:7.2f}x{found['peak_mb']:10.0f}{ratios[1]:7.2f}x", flush=True)
    print()


def _measure(variant: str, options: argparse.Namespace) -> dict[str, float]:
    import torch

    torch.set_num_threads(options.threads)
    step = _step(variant, options)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    step()  # fills momentum buffers and allocator
    seconds = []
    for _ in range(options.repeats):
        start = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before  # KiB on Linux
    return {"seconds": statistics.median(seconds), "peak_mb": peak / 1024}


def _step(variant: str, options: argparse.Namespace) -> Callable[[], object]:
    """One training step of the variant, on a fixed random problem."""
    import torch

    from l2b import candidate_losses, rectified, train_step
    from l2b.descend import descend
    from tests.l2b.double_backward import alignments_by_double_backward

    problem = _problem(options)
    model, batch, loss, pseudo = problem.model, problem.batch, problem.loss, problem.pseudo_label
    count = max(1, options.batch // 4) if variant.endswith("_quarter") else options.batch
    meta_batch = (problem.meta_batch[0][:count], problem.meta_batch[1][:count])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)
    arguments = (model, optimizer, batch, meta_batch)

    if variant == "plain":
        return lambda: train_step(*arguments, loss=loss, warm_up=True)
    if not variant.startswith(("double", "higher")):
        mode = "fast" if variant.startswith("fast") else "exact"
        return lambda: train_step(*arguments, loss=loss, pseudo_label=pseudo, mode=mode)

    def by_higher() -> torch.Tensor:
        import higher

        with higher.innerloop_ctx(model, optimizer) as (copied, differentiable):
            losses = candidate_losses(copied(batch[0]), batch[1], loss, pseudo)
            weights = torch.zeros_like(losses, requires_grad=True)
            differentiable.step((weights * losses).sum())
            return -torch.autograd.grad(loss(copied(meta_batch[0]), meta_batch[1]).mean(), weights)[0]

    def step() -> None:
        if variant == "higher":
            a = by_higher()
        else:
            a = alignments_by_double_backward(*arguments, loss=loss, pseudo_label=pseudo)
        losses = candidate_losses(model(batch[0]), batch[1], loss, pseudo)
        descend(model, optimizer, (rectified(a) * losses).sum(), clip_norm=None)

    return step


def _problem(options: argparse.Namespace):
    import torch

    from l2b_seg.networks.unetpp import FirstOutput
    from tests.l2b.problems import pixels, samples

    torch.manual_seed(0)
    if options.network == "unetpp":
        from monai.networks.nets import BasicUNetPlusPlus

        net = BasicUNetPlusPlus(2, 1, 1, features=options.widths, norm=("batch", {"affine": True}))
        problem = pixels(FirstOutput(net), size=options.size, b=options.batch, m=options.batch)
    else:
        from torchvision.models import resnet18

        problem = samples(resnet18(num_classes=10), size=options.size, b=options.batch, m=options.batch, classes=10)
    return problem.to(torch.float32)


if __name__ == "__main__":
    main()

"""How well `l2b-cls audit` finds wrong labels, beside the usual scores, and what its proposals do: tables.

    python benchmarks/audit_labels.py OUT --set cifar10 data/cifar10 --set isic2019 data/isic [--seeds 3]

Each --set is a recipe and a prepared data set. For every seed and case (CASES) a part of its training samples is drawn,
mistakes are planted in pictures and labels, or an annotator's labels are taken, two networks (method ce) are
cross-fitted and the labels audited. Folders OUT/RECIPE_CASE_sSEED keep the networks, so that what stopped goes on, and
another call audits anew with the same ones; --table-only prints the audits that are there. The truth is read after the
ranking. A lead is that of the audit over the better of loss (cleanlab's default) and cleanlab's adjusted margin.
"""

import argparse
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


@dataclass(frozen=True)
class Case:
    """noise: as `train --noise` takes it. pictures: copies and pictures of no class are planted first.
    ratio: the rarest class keeps a share of 1 / ratio of the first one's samples, the others lie evenly between."""

    noise: str
    pictures: bool = False
    ratio: int = 1


CASES = {
    "planted": Case("mistakes:0.2", pictures=True),
    "random": Case("mistakes:0.1:random"),
    "human": Case("human:human_random1"),
    "rare": Case("mistakes:0.15:block,one-way,random", ratio=30),
}
RANKINGS, MEASURES = ("score", "loss", "cleanlab"), ("auroc", "average_precision")
SETS = {  # recipe -> training samples, clean ones, settings of the judges, cases
    "digits": (1297, 100, (), ("planted", "random")),
    "cifar10": (2600, 200, ("batch_size=32", "optimizer.lr=0.05"), ("planted", "random", "human", "rare")),
    "pneumoniamnist": (2500, 100, ("epochs=20",), ("planted", "random")),
    "isic2019": (1500, 42, ("augmentation.size=64", "epochs=5"), ("planted", "random")),
}


def draw_set(data: Path, case: Case, samples: int, seed: int, out: Path) -> Path:
    """A set of that many training samples of `data` in their order, with the pictures of the case; one that is there
    stays."""
    from data_prep.label_noise.plant_pictures import plant_pictures
    from l2b_data.samples.image_set import open_image_set
    from l2b_data.samples.write_image_set import write_image_set

    if (out / "dataset.json").is_file():
        return out
    images = open_image_set(data)
    rng = np.random.default_rng([7, seed])
    train, rest = (rng.permutation(images.indices(split)) for split in ("train", "test"))
    if case.ratio > 1:
        count = len(images.classes)
        first = len(images.indices("train")) // count
        kept = [round(first * case.ratio ** (-place / (count - 1))) for place in range(count)]
        train = np.concatenate([train[images.labels[train] == place][:many] for place, many in enumerate(kept)])
        train = rng.permutation(train)
    chosen = np.concatenate([np.sort(train[:samples]), np.sort(rest[:100])])
    columns = {name: values[chosen] for name, values in images.given.items() if case.noise == f"human:{name}"}
    plain = out.with_name(f"{out.name}_plain") if case.pictures else out
    if not plain.exists():
        write_image_set(
            plain,
            name=images.name,
            images=images.images(chosen),
            labels=images.labels[chosen],
            split=images.split[chosen],
            classes=images.classes,
            names=[images.names[number] for number in chosen.tolist()],
            groups=[images.groups[number] for number in chosen.tolist()],
            given=columns,
            source={"dataset": images.name},
        )
    if case.pictures:
        plant_pictures(open_image_set(plain), out, share=0.1, seed=seed)
    return out


def run(recipe: str, data: Path, name: str, seed: int, folder: Path) -> None:
    """Plant, cross-fit, and audit; networks that are there stay."""
    import torch
    import yaml

    from l2b_cls.audit.audit import audit
    from l2b_cls.run_data import write_run_data
    from l2b_data.files.atomic import write_text
    from l2b_run.audit.cross_fit import AuditOptions
    from pipelines.plan.classification import CLASSIFICATION
    from pipelines.plan.request import TrainRequest, plan

    torch.set_num_threads(1)
    samples, clean, settings, _ = SETS[recipe]
    drawn = draw_set(data, CASES[name], samples, seed, folder / "data")
    request = TrainRequest(
        recipe,
        drawn,
        "ce",
        CASES[name].noise,
        noise_seed=seed,
        preset="cpu",
        out=folder / "run",
        device="cpu",
        seed=seed,
        overrides=[f"data.meta_size={clean}", *settings],
    )
    planned = plan(request, CLASSIFICATION)
    write_text(folder / "config.yaml", yaml.safe_dump(planned.settings.model_dump(), sort_keys=False))
    write_run_data(folder, planned.data)
    started = time.perf_counter()
    audit(folder, planned.data, folder / "audit", AuditOptions(2))
    print(f"{folder.name}: {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)


def row(recipe: str, name: str, seed: int, found: dict[str, Any]) -> dict[str, Any]:
    """What the tables take of an audit.json."""
    truth = found["truth"]
    kinds = {"all": {"wrong": truth["wrong"], "ranking": truth["ranking"]}} | truth.get("kinds", {})
    right = {key: truth[key] for key in truth if key.endswith("accuracy")}
    flags = {kind: {"wrong": one["wrong"], **one["ranking"]} for kind, one in kinds.items()}
    return {"set": recipe, "case": name, "seed": seed, "judges": found["judges"], "kinds": flags, "right": right}


def ranking_table(rows: list[dict[str, Any]]) -> str:
    """Markdown: AUROC / average precision of every ranking and kind, mean over the seeds; the least lead of a seed."""
    lines = ["| set, case | kind | labels | this audit | loss | margin | least lead, AUROC | least lead, AP |"]
    lines.append("|---" * 8 + "|")
    for group in _groups(rows):
        for kind in dict.fromkeys(kind for one in group for kind in one["kinds"]):
            found = [one["kinds"][kind] for one in group if kind in one["kinds"]]
            cells = [f"{group[0]['set']}, {group[0]['case']}", kind, ", ".join(str(one["wrong"]) for one in found)]
            for ranking in RANKINGS:
                cells.append(" / ".join(f"{np.mean([one[ranking][key] for one in found]):.3f}" for key in MEASURES))
            for key in MEASURES:
                leads = [one["score"][key] - max(one[other][key] for other in RANKINGS[1:]) for one in found]
                cells.append(f"{min(leads):+.3f}")
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def proposal_table(rows: list[dict[str, Any]]) -> str:
    """Markdown: the judges, and the share of right labels before and after the proposals, a seed each."""
    lines = ["| set, case | judges, recall | right labels | after | by class | after |", "|---" * 6 + "|"]
    for group in _groups(rows):
        cells = [f"{group[0]['set']}, {group[0]['case']}"]
        cells.append(", ".join(f"{one['judges']['balanced_accuracy']:.2f}" for one in group))
        for key in ("given_accuracy", "proposal_accuracy", "given_balanced_accuracy", "proposal_balanced_accuracy"):
            cells.append(", ".join(f"{one['right'][key]:.3f}" for one in group))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _groups(rows: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """The seeds of every set and case."""
    names = dict.fromkeys((one["set"], one["case"]) for one in rows)
    return [[one for one in rows if (one["set"], one["case"]) == name] for name in names]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--set", dest="sets", nargs=2, action="append", metavar=("RECIPE", "DATA"), required=True)
    parser.add_argument("--case", choices=CASES, action="append")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--table-only", action="store_true", help="of the audits that are there, as they are")
    options = parser.parse_args()
    rows = []
    for recipe, data in options.sets:
        for name in (name for name in SETS[recipe][-1] if options.case is None or name in options.case):
            for seed in range(options.first_seed, options.first_seed + options.seeds):
                folder = options.out / f"{recipe}_{name}_s{seed}"
                if not options.table_only:
                    run(recipe, Path(data), name, seed, folder)
                if (folder / "audit" / "audit.json").is_file():
                    rows.append(row(recipe, name, seed, json.loads((folder / "audit" / "audit.json").read_text())))
    print(ranking_table(rows), proposal_table(rows), sep="\n\n")


if __name__ == "__main__":
    main()

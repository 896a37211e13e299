"""Every kind of mistake planted in every right mask, under the judges of `audit_mistakes.py`: how many are named right.

    python benchmarks/audit_sweep.py OUT/lesions_s0 OUT/lesions_s1 [--kinds 3]

A judge's prediction of a case does not depend on the case's mask, so that many mistakes can be tried with the networks
that are there. Each folder is a run whose audit has kept its networks. --kinds: drawn a case, all by default. Counted
are cases whose proposal has Dice 0.8 to the clean mask; false: diagnoses of masks that are right, test cases too.
"""

import argparse
import sys
import zlib
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

GOOD_JUDGE, VISIBLE = 0.8, 0.95


def sweep(run: Path, kinds: int) -> tuple[Counter[str], Counter[str], int, int]:
    """(planted, named right) by mechanical kind; diagnoses of right masks; right masks."""
    from data_prep.mask_mistakes.kinds import MISTAKES, CleanMask
    from data_prep.mask_mistakes.plant import label_dice
    from l2b_data.cases.dataset import CLEAN_LABELS
    from l2b_data.cases.label_map import case_labels
    from l2b_data.cases.noise_manifest import read_manifest
    from l2b_run.audit.cross_fit import AuditOptions
    from l2b_seg.audit.judges.networks import panel_of_run
    from l2b_seg.audit.mistakes.diagnosis import MECHANICAL, diagnose, usual_of
    from l2b_seg.audit.mistakes.misfiled import swapped
    from l2b_seg.audit.mistakes.signs import signs_of
    from l2b_seg.recipe import read_settings
    from pipelines.plan.segmentation import SEGMENTATION

    settings = read_settings(run / "config.yaml")
    data = SEGMENTATION.reopen(run, None, settings, lambda line: None)
    truth = read_manifest(data.dataset.root / data.labels)["cases"]
    names = list(data.dataset.classes)
    usable, audited, wrong, right = range(1, len(names) + 1), {}, [], []
    for judge in panel_of_run(run, settings, data, data.train, AuditOptions(2)).judges:
        right += [signs_of(judge.look(case, CLEAN_LABELS), usable, len(names)) for case in data.evaluation]
        for case in judge.cases:
            seen = judge.look(case, data.labels)
            audited[case] = signs_of(seen, usable, len(names))
            clean = seen.cut.apply(case_labels(data.dataset, case).array)
            if truth[case]["kind"] is not None or label_dice(seen.proposal, clean) < GOOD_JUDGE:
                continue
            rng = np.random.default_rng([1, zlib.crc32(case.encode())])
            for kind in [str(kind) for kind in rng.permutation(list(MISTAKES))[:kinds]]:
                found = MISTAKES[kind](CleanMask(clean, (seen.spacing[0], seen.spacing[1], seen.spacing[2])), rng)
                if kind in MECHANICAL and found is not None and label_dice(found[0], clean) <= VISIBLE:
                    wrong.append((kind, signs_of(replace(seen, given=found[0]), usable, len(names))))
    usual = usual_of(list(audited.values()))
    swaps = swapped(list(audited), [one.outline for one in audited.values()], len(names))
    planted, named = Counter[str](), Counter[str]()
    for kind, signs in wrong:
        told = diagnose(signs, None, usual, names, data.dataset.spacing_unit)
        planted[kind] += 1
        named[kind] += told is not None and told.kind == kind
    clean_cases = [(signs, swaps.get(case)) for case, signs in audited.items() if truth[case]["kind"] is None]
    clean_cases += [(signs, None) for signs in right]
    false = sum(diagnose(signs, swap, usual, names, "voxel") is not None for signs, swap in clean_cases)
    return planted, named, false, len(clean_cases)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("--kinds", type=int, default=99)
    options = parser.parse_args()
    results = [sweep(run, options.kinds) for run in options.runs]
    planted, named = Counter[str](), Counter[str]()
    for result in results:
        planted.update(result[0])
        named.update(result[1])
    kinds = ", ".join(f"{kind} {named[kind]} of {count}" for kind, count in sorted(planted.items()))
    false, clean = sum(result[2] for result in results), sum(result[3] for result in results)
    print(f"named right {named.total()} of {planted.total()} ({kinds}); right masks named wrong {false} of {clean}")


if __name__ == "__main__":
    main()

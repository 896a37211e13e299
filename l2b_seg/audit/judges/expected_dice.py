"""How good a judge's proposal of a case can be expected to be, by its own probabilities: where it is unsure."""

import numpy as np

from l2b_seg.audit.outlook import Outlook

UNSURE = 0.85
"""Share of the expected Dice that is usual in a set, below which a judge is unsure. Of 0.75, 0.8 and 0.85, chosen on a
seed of PROMISE12 and of synthetic zones."""

DEFINITION = (
    "Dice that the judge expects of its own proposal: twice the probability inside it, as a share of its size and all "
    "probability of the class; mean over the classes it proposes. Where it proposes nothing 0, but 1 of an empty mask"
)


def expected_dice(seen: Outlook) -> float:
    """The Dice the judge expects of its proposal, in [0, 1]; see DEFINITION. The mask counts where it proposes nothing.

    With calibrated probabilities it is close to the mean Dice to a truth drawn from them.
    """
    maps = seen.smoothed if len(seen.smoothed) == 1 else seen.smoothed[1:]
    found = []
    for value, probability in enumerate(maps, 1):
        proposed = seen.proposal == value
        if size := int(np.count_nonzero(proposed)):
            inside, everywhere = (float(part.sum(dtype=np.float64)) for part in (probability[proposed], probability))
            found.append(2 * inside / (everywhere + size))
    return float(np.mean(found)) if found else float(not seen.given.any())

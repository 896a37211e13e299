"""How far slices' given masks agree with a network's probabilities."""

from torch import Tensor

from l2b_data.cases.slices import SliceSet

_TINY = 1e-6


def disagreements(train: SliceSet, probability: Tensor) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """(places (m,) int64, losses (m,)) of the slices with foreground in the given mask, and of those without.

    probability: (K, N, S, S). With foreground the loss is 1 - soft Dice over all classes together, without it the mean
    cross-entropy: in one group by cross-entropy, which is smallest where nothing is to be segmented, the slices taken
    for clean would be the empty ones.
    """
    given = train.mask[:, 0].long()
    full = given.flatten(1).any(1)
    found = []
    for group, losses in ((full, _dice_loss(probability, given)), (~full, _background_loss(probability))):
        where = group.nonzero()[:, 0]
        found.append((where, losses[where]))
    return found[0], found[1]


def _dice_loss(guess: Tensor, given: Tensor) -> Tensor:
    """1 - soft Dice (N,) of probabilities (K, N, S, S) and label values (N, S, S), over all classes together."""
    if len(guess) == 1:
        overlap, area = guess[0] * (given > 0), guess[0]
    else:
        of_label = guess.gather(0, given[None])[0]
        overlap, area = of_label * (given > 0), 1 - guess[0]
    both = area.sum((1, 2)) + (given > 0).sum((1, 2))
    return 1 - 2 * overlap.sum((1, 2)) / both.clamp_min(_TINY)


def _background_loss(guess: Tensor) -> Tensor:
    """Mean cross-entropy (N,) of probabilities (K, N, S, S) where every pixel is given as background."""
    background = 1 - guess[0] if len(guess) == 1 else guess[0]
    return -background.clamp_min(_TINY).log().mean((1, 2))

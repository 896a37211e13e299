"""The normaliser of the weights, from its name in a run's settings."""

from l2b import Normalizer, normalize
from l2b_run.settings.shared import BootstrapSettings, NormalizerName


def normalizer_of(chosen: BootstrapSettings) -> Normalizer:
    """The named normaliser of the settings as the function the engine takes."""
    named: dict[NormalizerName, Normalizer] = {
        "rectified": normalize.rectified,
        "softmax": normalize.softmax(chosen.temperature),
        "sigmoid": normalize.sigmoid,
        "rectified_sigmoid": normalize.rectified_sigmoid,
        "sum_to_one": normalize.sum_to_one,
        "soft_choice": normalize.soft_choice(chosen.temperature),
        "soft_trust": normalize.soft_trust(chosen.temperature),
    }
    made = named[chosen.normalize]
    return normalize.pseudo_only(made) if chosen.candidates == "pseudo" else made

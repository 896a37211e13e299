"""`--noise` as text to the noise model it names."""

from dataclasses import dataclass

from l2b_data.errors import ConfigError

RATED = ("symmetric", "symmetric-excluding", "uniform", "flip", "flip2", "asymmetric", "asymmetric-next", "instance")
"""Noise models with a rate; their definitions: `data_prep.label_noise.corrupt_labels.corrupt_labels`."""

FORMS = f"none, human:COLUMN, or one of {', '.join(RATED)} with a rate, as in symmetric:0.4"


@dataclass(frozen=True)
class LabelNoise:
    """A noise model: its kind, its rate in [0, 1] (0 for human and none), and of human the label set's name."""

    kind: str
    rate: float = 0.0
    column: str | None = None

    def __str__(self) -> str:
        if self.kind in RATED:
            return f"{self.kind}:{self.rate:g}"
        return self.kind if self.column is None else f"{self.kind}:{self.column}"


def parse_noise(text: str) -> LabelNoise:
    """ "symmetric:0.4", "human:worse", "none" and the like -> the noise model; ConfigError names all that is wrong."""
    kind, colon, value = text.strip().partition(":")
    faults = []
    if kind == "none":
        faults += [f"none takes no value; leave {colon}{value} out"] if colon else []
    elif kind == "human":
        faults += [] if value else ["which label set? human:COLUMN, as in human:worse"]
    else:
        faults += [] if kind in RATED else [f"there is no noise {kind!r}; take {FORMS}"]
        faults += _rate_faults(value) if colon or kind in RATED else []
    if faults:
        raise ConfigError("\n".join(f"--noise {text}: {fault}" for fault in faults))
    return LabelNoise(kind, float(value)) if kind in RATED else LabelNoise(kind, column=value or None)


def _rate_faults(value: str) -> list[str]:
    try:
        rate = float(value)
    except ValueError:
        return [f"the rate {value!r} is no number; the share of labels drawn anew, as in symmetric:0.4"]
    return [] if 0 <= rate <= 1 else [f"the rate {value} is not in [0, 1]; it is the share of labels drawn anew"]

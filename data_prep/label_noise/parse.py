"""`--noise` as text to the noise model it names."""

from dataclasses import dataclass

from l2b_data.errors import ConfigError

RATED = ("symmetric", "symmetric-excluding", "uniform", "flip", "flip2", "asymmetric", "asymmetric-next", "instance")
"""Noise models with a rate; their definitions: `data_prep.label_noise.corrupt_labels.corrupt_labels`."""

MISTAKES = ("foreign", "block", "duplicates", "one-way", "random")
"""Mistakes people make that `mistakes` plants, as `data_prep.label_noise.mistakes` defines them, in its order."""

SHARE = 0.2
"""Share of the labels that `mistakes` without a number makes wrong."""

FORMS = (
    f"none, human:COLUMN, mistakes, mistakes:{SHARE:g}, mistakes:{SHARE:g}:KIND,KIND (of {', '.join(MISTAKES)}), or "
    f"one of {', '.join(RATED)} with a rate, as in symmetric:0.4"
)


@dataclass(frozen=True)
class LabelNoise:
    """A noise model: its kind, its rate in [0, 1] (0 for human and none), of human the label set's name.

    mistakes: of the kind "mistakes" those that are planted, in the order of MISTAKES; else empty.
    """

    kind: str
    rate: float = 0.0
    column: str | None = None
    mistakes: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.kind == "mistakes":
            chosen = "" if self.mistakes == MISTAKES else f":{','.join(self.mistakes)}"
            return f"{self.kind}:{self.rate:g}{chosen}"
        if self.kind in RATED:
            return f"{self.kind}:{self.rate:g}"
        return self.kind if self.column is None else f"{self.kind}:{self.column}"


def parse_noise(text: str) -> LabelNoise:
    """ "symmetric:0.4", "human:worse", "none", "mistakes:0.2:block,random" and the like -> the noise model.

    Raises ConfigError with all that is wrong.
    """
    kind, colon, value = text.strip().partition(":")
    if kind == "mistakes":
        return _mistakes(text, value or f"{SHARE}")
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


def _mistakes(text: str, value: str) -> LabelNoise:
    share, colon, listed = value.partition(":")
    named = colon and listed.strip() != "all"
    names = [name.strip() for name in listed.split(",")] if named else list(MISTAKES)
    faults = _rate_faults(share, f"mistakes:{SHARE:g} or mistakes:{SHARE:g}:block,random")
    if strange := [name for name in names if name not in MISTAKES]:
        faults.append(f"there is no mistake {', '.join(map(repr, strange))}; take {', '.join(MISTAKES)}")
    if faults:
        raise ConfigError("\n".join(f"--noise {text}: {fault}" for fault in faults))
    return LabelNoise("mistakes", float(share), mistakes=tuple(name for name in MISTAKES if name in names))


def _rate_faults(value: str, example: str = "symmetric:0.4") -> list[str]:
    try:
        rate = float(value)
    except ValueError:
        return [f"the rate {value!r} is no number; the share of labels drawn anew, as in {example}"]
    return [] if 0 <= rate <= 1 else [f"the rate {value} is not in [0, 1]; it is the share of labels drawn anew"]

"""What the settings of every run have in common."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

NormalizerName = Literal["rectified", "softmax", "sigmoid", "sum_to_one", "soft_choice", "soft_trust"]

BETWEEN_LABELS: tuple[NormalizerName, ...] = ("sum_to_one", "soft_choice")
"""Normalisers that share one weight out among the labels of an element: of one label alone they make a plain mean."""


def one_label_fault(method: str, normalize: NormalizerName) -> str:
    """What is wrong with a normaliser of BETWEEN_LABELS where `method` weighs the given label alone."""
    return (
        f"bootstrap.normalize {normalize!r} weighs the labels of a sample against each other; method {method} has one "
        "and would train plainly: take rectified, softmax, sigmoid or soft_trust"
    )


class Strict(BaseModel):
    """A part of the settings: no unknown key, no conversion of types, no NaN, never changed."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class RunSettings(Strict):
    """What arguments of their own say, not --set. A task narrows `method` to the names of its methods."""

    recipe: str
    preset: str
    method: str
    seed: int = 0

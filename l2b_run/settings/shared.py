"""What the settings of every run have in common."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

NormalizerName = Literal[
    "rectified", "softmax", "sigmoid", "rectified_sigmoid", "sum_to_one", "soft_choice", "soft_trust"
]

BETWEEN_LABELS: tuple[NormalizerName, ...] = ("sum_to_one", "soft_choice")
"""Normalisers that share one weight out among the labels of an element: of one label alone they make a plain mean."""


CANDIDATES = (
    "labels that are weighed; pseudo: alpha = 0, for normalisers between labels plain self-training without a judge"
)


def one_label_fault(method: str, normalize: NormalizerName) -> str:
    """What is wrong with a normaliser of BETWEEN_LABELS where `method` weighs the given label alone."""
    return (
        f"bootstrap.normalize {normalize!r} weighs the labels of a sample against each other; method {method} has one "
        "here and would weigh all alike: take rectified, softmax, sigmoid or soft_trust"
    )


class Strict(BaseModel):
    """A part of the settings: no unknown key, no conversion of types, no NaN, never changed."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class SgdSettings(Strict):
    """Stochastic gradient descent, but for the learning rate."""

    momentum: float = Field(0.9, ge=0, lt=1)
    weight_decay: float = Field(5e-4, ge=0)
    nesterov: bool = False

    @model_validator(mode="after")
    def _has_momentum(self) -> Self:
        if self.nesterov and self.momentum == 0:
            raise ValueError("nesterov is a kind of momentum: set momentum above 0, or nesterov=false")
        return self


class RunSettings(Strict):
    """What arguments of their own say, not --set. A task narrows `method` to the names of its methods."""

    recipe: str
    preset: str
    method: str
    seed: int = 0

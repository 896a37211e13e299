"""What the settings of every run have in common."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

NormalizerName = Literal["rectified", "softmax", "sigmoid", "sum_to_one", "soft_choice", "soft_trust"]


class Strict(BaseModel):
    """A part of the settings: no unknown key, no conversion of types, no NaN, never changed."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class RunSettings(Strict):
    """What arguments of their own say, not --set. A task narrows `method` to the names of its methods."""

    recipe: str
    preset: str
    method: str
    seed: int = 0

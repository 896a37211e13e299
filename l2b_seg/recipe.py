"""From a YAML recipe to the settings of a segmentation run."""

from pathlib import Path

from l2b_run import recipe as recipes
from l2b_seg.config import Settings


def load_settings(
    recipe: str | Path, *, preset: str, method: str, seed: int = 0, overrides: list[str] | None = None
) -> Settings:
    """`l2b_run.recipe.load_settings` of a segmentation recipe. Raises ConfigError with every fault in one message."""
    return recipes.load_settings(
        Settings, recipe, kind="segmentation", preset=preset, method=method, seed=seed, overrides=overrides
    )

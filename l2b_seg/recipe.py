"""From a YAML recipe, or the config.yaml of a run, to the settings of a segmentation run."""

from functools import partial

from l2b_run.settings import recipe
from l2b_seg.config import Settings

load_settings = partial(recipe.load_settings, Settings, kind="segmentation")
read_settings = partial(recipe.read_settings, Settings)

"""From a YAML recipe, or the config.yaml of a run, to the settings of a classification run."""

from functools import partial

from l2b_cls.config import Settings
from l2b_run.settings import recipe

load_settings = partial(recipe.load_settings, Settings, kind="classification")
read_settings = partial(recipe.read_settings, Settings)

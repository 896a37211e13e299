"""Asserts of shared helpers say what differed, as those of the test files do."""

import pytest

pytest.register_assert_rewrite("tests.training", "tests.browser")

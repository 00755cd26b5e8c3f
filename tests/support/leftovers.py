"""What earlier tests of a process have left to the garbage collector."""

import gc
import warnings

import pytest


@pytest.fixture(scope="module")
def without_leftovers() -> None:
    """Collects what other files have left open, such as the bytes that came from a bucket, so that those who look for
    what they leave open themselves find nothing else."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()

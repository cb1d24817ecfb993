"""A folder from which a classroom without network starts the course.

start     the one program that runs from the folder itself, with nothing but Python
targets   a platform and a Python: what pip calls it, what the packages' conditions see
pip       pip as a program, and its failures as sentences
own       this very sonoffkit as a wheel
closure   all packages that a target needs, each with its wheel
texts     the start scripts and the README
gather    the folder itself: made, brought up to date, checked
"""

from __future__ import annotations

from ..errors import BundleError
from .gather import Bundle, check_bundle, gather
from .start import this_platform
from .targets import PLATFORMS, Target, this_python

__all__ = [
    "PLATFORMS", "Bundle", "BundleError", "Target", "check_bundle", "gather", "this_platform", "this_python",
]  # fmt: skip

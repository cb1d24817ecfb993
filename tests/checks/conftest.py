"""What the tests of the checks share: a machine of each kind, with an adapter and nothing wrong."""

from __future__ import annotations

import pytest
from machines import Linux, Mac, Windows


@pytest.fixture
def linux(tmp_path):
    return Linux(tmp_path / "linux")


@pytest.fixture
def mac(tmp_path):
    return Mac(tmp_path / "mac")


@pytest.fixture
def windows(tmp_path):
    return Windows(tmp_path / "windows")

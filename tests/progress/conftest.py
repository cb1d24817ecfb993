"""What the tests of progress share: backups of made-up devices."""

from __future__ import annotations

import pytest
from progress_helpers import ME, SIZE, Flash

from sonoffkit.operations import BackUpResult
from sonoffkit.transfer import Fetched
from sonoffkit.vault import Vault


@pytest.fixture
def make_backup(tmp_path):
    """Makes verified backups of made-up devices, without a wire; the result is as an operation gives it."""

    def make(seed: int = 1, mac: str = ME.mac, sticker: str = "7") -> BackUpResult:
        device = Flash(seed, mac)
        file = tmp_path / f"{seed}.bin"
        file.write_bytes(device.data)
        backup = Vault().adopt(file, device, sticker=sticker)
        return BackUpResult(backup, 1.0, Fetched(backup.md5, SIZE, 0, 0, 0, 0, 0), "")

    return make

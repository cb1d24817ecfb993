"""Taking backups home: one zip with all that is the learner's, which counts only after it was read back."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import os
import shutil
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import filelock

from ..errors import BackupDamaged, BackupError, BackupRunning, VaultNotWritable
from ..vault import Backup, Vault
from ..vault.files import MB, create, to_disk
from .journal import Journal, damaged_journals, journal_file, read_journal
from .page import record_file_name, record_page
from .record import make_record

__all__ = ["Packed", "check_none_running", "check_zip", "journal_or_refuse", "others_in", "sha256_of", "take_home"]

SUMS = "SHA256SUMS.txt"
BLOCK = 1 << 20
README = """\
What you did with sonoffkit, taken home on {day}.

The .bin files are whole copies of your devices' flash: your Wi-Fi password is in them. Give this zip to nobody.
Hand in the HTML page, the record: it holds no secret.

To use the backups on another computer: install sonoffkit there, and unpack this zip into its vault folder, so that each
.bin lies there beside its .json. The card in notebook 2-backup names that folder. Then they can be restored in 5-flash.

{sums} has the SHA-256 of each file; 'sha256sum -c {sums}' checks them.
"""


@dataclass(frozen=True)
class Packed:
    """A zip that was read back and holds what it should: what was put into it, by its SHA-256.

    ``sums`` are of the files in the zip, ``sources`` say which of them lie on this computer, and where.
    """

    path: Path
    sums: dict[str, str]
    sources: dict[Path, str]
    backups: int
    others: int
    same_disk: bool
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        return self.path.stat().st_size


def take_home(folder: Path | str, vault: Vault | None = None, *, everything: bool = False) -> Packed:
    """Put the learner's backups and progress into a new zip in a folder, and check it by reading it back.

    Theirs are the backups that their progress names; with ``everything`` all
    in the vault. Nothing is deleted. Raises a BackupError where the folder
    will not do, while a backup is being made, or if the zip is not good.
    """
    vault, folder = vault or Vault(), _good_folder(Path(folder).expanduser(), vault or Vault())
    journal = journal_or_refuse()
    mine, others = _whose(vault, journal, everything=everything)
    check_none_running(vault, journal, everything=everything)
    files = list(_files_of(mine))
    if not files:
        raise BackupError("There is nothing of yours to take home: no backup and no progress.", "Nothing was changed.")
    _check_room(folder, [path for path, _ in files])
    target, part = _free(folder)
    try:
        create(part, b"")  # for its owner only
        sums, sources = _write(part, files, journal, vault)
        check_zip(part, sums)
        part.rename(target)
    except BaseException as error:
        with contextlib.suppress(OSError):
            part.unlink()
        if isinstance(error, OSError):
            raise _not_written(folder, error) from error
        raise
    return Packed(target, sums, sources, len(mine), len(others), _same_disk(folder, vault), tuple(_notes(mine)))


def others_in(vault: Vault) -> list[Backup]:
    """The vault's backups that the learner's progress does not name: perhaps somebody else's."""
    return _whose(vault, read_journal(), everything=False)[1]


def check_none_running(vault: Vault, journal: Journal, *, everything: bool) -> None:
    """Raise BackupRunning while a backup is made, or where one of the learner's was begun and not finished."""
    for lock in vault.folder.glob("*.lock"):
        if _is_held(lock):
            raise BackupRunning(
                "A backup is being made into this vault just now.",
                "Wait until it has finished, or cancel it. Nothing was copied, and nothing deleted.",
            )
    macs = {device.mac.replace(":", "") for device in journal.devices}
    for part in vault.folder.glob("*.part"):
        if everything or part.name.split("_")[0] in macs:
            raise BackupRunning(
                f"A backup was begun and not finished: {part.name}.",
                "Finish it in notebook 2-backup, or delete that file and its .checkpoint from "
                f"{vault.folder}. Nothing was copied, and nothing deleted.",
            )


def check_zip(path: Path, sums: dict[str, str]) -> None:
    """Read the zip from the disk and compare each file's SHA-256; raises BackupDamaged."""
    try:
        with zipfile.ZipFile(path) as packed:
            if sorted(packed.namelist()) != sorted(sums):
                raise BackupDamaged(f"{path.name} does not hold the files that were put into it.", NOT_GOOD)
            for name, sha256 in sums.items():
                with packed.open(name) as file:
                    if _sha256_of(file) != sha256:
                        raise BackupDamaged(f"{name} in {path.name} is not what was put into it.", NOT_GOOD)
    except (OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error) as exc:
        raise BackupDamaged(f"{path.name} cannot be read back. ({exc})", NOT_GOOD) from exc


NOT_GOOD = "Don't trust that folder or stick: take another. Your backups are where they were; nothing was deleted."


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return _sha256_of(file)


def _sha256_of(file: IO[bytes], copy_to: IO[bytes] | None = None) -> str:
    digest = hashlib.sha256()
    while block := file.read(BLOCK):
        digest.update(block)
        if copy_to:
            copy_to.write(block)
    return digest.hexdigest()


def journal_or_refuse() -> Journal:
    try:
        return read_journal()
    except OSError as exc:
        hint = "Nothing was copied, and nothing deleted."
        raise BackupError(f"Your progress cannot be read. ({exc.strerror or exc})", hint) from exc


def _whose(vault: Vault, journal: Journal, *, everything: bool) -> tuple[list[Backup], list[Backup]]:
    """The learner's, and the others."""
    there = [backup for backup in vault.backups() if backup.path.is_file()]
    named = {(d.facts.get("file"), d.facts.get("sha256")) for d in journal.done if d.what == "backup"}
    mine = [b for b in there if everything or (b.path.name, b.manifest.sha256) in named]
    return mine, [backup for backup in there if backup not in mine]


def _files_of(backups: list[Backup]) -> Iterator[tuple[Path, str]]:
    """What lies on this computer, and its name in the zip; only backups at the top, as a vault has them."""
    for backup in backups:
        yield backup.path, backup.path.name
        yield backup.manifest_path, backup.manifest_path.name
    for path in (journal_file(), *damaged_journals()):
        if path.is_file():
            yield path, f"progress/{path.name}"


def _notes(backups: list[Backup]) -> Iterator[str]:
    for backup in backups:
        try:
            backup.read()
        except BackupDamaged as error:
            yield f"{error} It was copied as it is."


def _good_folder(folder: Path, vault: Vault) -> Path:
    nothing = "Nothing was copied, and nothing deleted."
    if not folder.is_dir():
        raise VaultNotWritable(f"There is no folder {folder}.", f"Check its name; is the stick plugged in? {nothing}")
    folder, inside = folder.resolve(), vault.folder.resolve()
    if folder == inside or inside in folder.parents:
        raise BackupError(
            f"{folder} is inside the vault, and there the zip would be no copy to take away.",
            f"Choose a folder elsewhere, best on a USB stick. {nothing}",
        )
    return folder


def _check_room(folder: Path, paths: Iterable[Path]) -> None:
    try:
        wanted = sum(path.stat().st_size for path in paths) + MB
        free = shutil.disk_usage(folder).free
    except OSError as exc:
        raise _not_written(folder, exc) from exc
    if free < wanted:
        raise VaultNotWritable(
            f"{folder} has {free / MB:.1f} MB left, and the zip may need {wanted / MB:.1f} MB.",
            "Free some space, or choose another folder. Nothing was copied, and nothing deleted.",
        )


def _free(folder: Path) -> tuple[Path, Path]:
    """A name that nothing has, and the one under which it is written until it is good."""
    day = f"{datetime.date.today()}"
    for n in range(1, 1000):
        path = folder / f"sonoffkit-home-{day}{f'-{n}' if n > 1 else ''}.zip"
        part = path.with_name(f"{path.name}.part")
        if not path.exists() and not part.exists():
            return path, part
    raise VaultNotWritable(f"There are a thousand zips of {day} in {folder}.", "Choose another folder.")


def _write(
    part: Path, files: list[tuple[Path, str]], journal: Journal, vault: Vault
) -> tuple[dict[str, str], dict[Path, str]]:
    """All of it into the zip; the sums of what is in it, and of what lies on this computer."""
    sums: dict[str, str] = {}
    sources = {}
    with part.open("r+b") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as packed:
            for path, name in files:
                sources[path] = sums[name] = _copied(path, packed, name)
            for name, text in _words(journal, vault).items():
                sums[name] = _put(packed, name, text)
            lines = "".join(f"{sha256}  {name}\n" for name, sha256 in sums.items())
            sums[SUMS] = _put(packed, SUMS, lines)
        to_disk(file)
    return sums, sources


def _words(journal: Journal, vault: Vault) -> dict[str, str]:
    record = make_record(journal, vault)
    return {
        record_file_name(record): record_page(record),
        "READ-ME.txt": README.format(day=f"{datetime.date.today()}", sums=SUMS),
    }


def _copied(path: Path, packed: zipfile.ZipFile, name: str) -> str:
    info = zipfile.ZipInfo.from_file(path, name, strict_timestamps=False)
    info.compress_type = zipfile.ZIP_DEFLATED
    with path.open("rb") as source, packed.open(info, "w") as target:
        return _sha256_of(source, target)


def _put(packed: zipfile.ZipFile, name: str, text: str) -> str:
    data = text.encode()
    packed.writestr(name, data)
    return hashlib.sha256(data).hexdigest()


def _is_held(lock: Path) -> bool:
    """Whether a program holds it; one that was killed leaves the file, and holds nothing."""
    trial = filelock.FileLock(lock, timeout=0)
    try:
        trial.acquire()
    except filelock.Timeout:
        return True
    except (OSError, NotImplementedError):
        return False
    trial.release()
    return False


def _same_disk(folder: Path, vault: Vault) -> bool:
    try:
        return os.stat(folder).st_dev == os.stat(vault.folder).st_dev  # noqa: PTH116
    except OSError:
        return False


def _not_written(folder: Path, exc: OSError) -> VaultNotWritable:
    return VaultNotWritable(
        f"The zip cannot be written to {folder}. ({exc.strerror or exc})",
        "Free some space, or choose another folder. Your backups are where they were; nothing was deleted.",
    )

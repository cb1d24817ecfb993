"""The backup and image pickers without a browser: what they offer, and what they refuse."""

from __future__ import annotations

import datetime
import gzip
import hashlib
import json
import re
from dataclasses import asdict

import ipywidgets
import pytest

from sonoffkit.errors import BackupNeeded, ImageChanged, ImageCompressed, ImageInvalid, ImageUnreadable
from sonoffkit.operations import back_up, erase
from sonoffkit.practice import lesson_images
from sonoffkit.session import connect
from sonoffkit.vault import Manifest, Vault
from sonoffkit.widgets import BackupPicker, ImagePicker

MB = 0x100000
HELLO, BLINK = "practice-hello.bin", "practice-blink.bin"
MINE, YOURS = "5c:cf:7f:01:02:03", "5c:cf:7f:0a:0b:0c"


def parts(widget) -> list:
    return [widget, *(part for child in getattr(widget, "children", ()) for part in parts(child))]


def part(widget, style: str):
    """The part of a widget that has this style, as the browser tests find it."""
    (found,) = [one for one in parts(widget) if style in one._dom_classes]
    return found


def the(kind: type, widget):
    """The only part of that kind."""
    (found,) = [one for one in parts(widget) if type(one) is kind]
    return found


def cards(widget) -> list[str]:
    """What the parts that speak say, without tags."""
    values = [one.value for one in parts(widget) if isinstance(one, ipywidgets.HTML) and "sk-card" in one.value]
    return [re.sub(r"<[^>]+>", " ", value).strip() for value in values if "sk-box {" not in value]


def saved(day: int, mac=MINE, *, vault=None, sticker="", size=MB):
    """A backup of that day of November 2026, in the vault."""
    vault = vault or Vault()
    vault.folder.mkdir(parents=True, exist_ok=True)
    data = bytes([day]) * size
    created = datetime.datetime(2026, 11, day, 12, 34, tzinfo=datetime.UTC)
    manifest = Manifest(
        mac=mac,
        chip="ESP8266EX",
        flash_id="1440ef",
        size=size,
        md5=hashlib.md5(data).hexdigest(),
        sha256=hashlib.sha256(data).hexdigest(),
        verified=True,
        created=created.isoformat(),
        sticker=sticker,
        tools={},
    ).sealed()
    path = vault.folder / f"{created:%Y-%m-%d_%H%M%S}_{mac.replace(':', '')}_1MB.bin"
    path.write_bytes(data)
    path.with_suffix(".json").write_text(json.dumps(asdict(manifest)))
    return path


# Backups


def test_an_empty_vault_says_who_makes_backups():
    picker = BackupPicker()
    with pytest.raises(BackupNeeded) as caught:
        picker.picked()
    assert str(caught.value) == f"There is no backup to choose in {Vault().folder}."
    assert "2-backup" in caught.value.hint
    (card,) = cards(picker)
    assert card.startswith("There is no backup yet.")
    assert "Notebook 2-backup makes one." in card
    assert str(Vault().folder) in card


def test_backups_are_offered_newest_first_and_that_one_is_chosen():
    for day in (3, 9, 1):
        saved(day)
    picker = BackupPicker()
    assert [label for label, _ in part(picker, "sk-backups").options] == [
        f"2026-11-{day:02} 12:34, {MINE}, 1 MB" for day in (9, 3, 1)
    ]
    assert picker.picked().path.name == "2026-11-09_123400_5ccf7f010203_1MB.bin"


def test_the_card_shows_the_chosen_ones_digest_and_the_folder():
    old, new = saved(1), saved(9)
    picker = BackupPicker()
    for path, backup in ((new, picker.picked()), (old, part(picker, "sk-backups").options[1][1])):
        part(picker, "sk-backups").value = backup
        assert picker.picked().path == path
        (card,) = cards(picker)
        assert card.startswith(path.name)
        assert hashlib.sha256(path.read_bytes()).hexdigest() in card
        assert str(Vault().folder) in card


def test_a_sticker_stands_in_the_list():
    saved(1, sticker="17")
    assert part(BackupPicker(), "sk-backups").options[0][0] == f"2026-11-01 12:34, {MINE}, 1 MB, sticker 17"


def test_with_a_mac_only_that_devices_are_offered():
    saved(1, MINE)
    saved(2, YOURS)
    assert [backup.manifest.mac for _, backup in part(BackupPicker(mac=MINE), "sk-backups").options] == [MINE]
    assert len(part(BackupPicker(), "sk-backups").options) == 2


def test_another_vault_may_be_looked_into(tmp_path):
    elsewhere = Vault(tmp_path / "stick")
    path = saved(1, vault=elsewhere)
    assert BackupPicker(elsewhere).picked().path == path
    with pytest.raises(BackupNeeded):
        BackupPicker().picked()


def test_what_is_no_whole_backup_is_told():
    folder = saved(1).parent
    (folder / "lonely.bin").write_bytes(b"x")
    (folder / "broken.json").write_text("{")
    (card,) = cards(BackupPicker())
    assert "broken.json is no readable manifest." in card
    assert "lonely.bin has no manifest" in card
    (folder / "lonely.bin").unlink()
    (folder / "broken.json").unlink()
    (card,) = cards(BackupPicker())
    assert "Look at" not in card


def test_problems_are_told_in_a_vault_without_backups_too(home):
    (home / "vault").mkdir(parents=True)
    (home / "vault" / "lonely.bin").write_bytes(b"x")
    (card,) = cards(BackupPicker())
    assert card.startswith("There is no backup yet.")
    assert "lonely.bin has no manifest" in card


def test_look_again_finds_what_came_meanwhile():
    picker = BackupPicker()
    path = saved(1)
    again = next(one for one in parts(picker) if getattr(one, "description", "") == "Look again")
    again.click()
    assert picker.picked().path == path
    path.unlink()
    path.with_suffix(".json").unlink()
    again.click()
    with pytest.raises(BackupNeeded):
        picker.picked()


def test_what_stands_in_a_manifest_is_no_html():
    saved(1, sticker="<script>alert(1)</script>")
    picker = BackupPicker()
    assert not [one for one in parts(picker) if isinstance(one, ipywidgets.HTML) and "<script>" in one.value]


# The row that copies


def copy_row(picker):
    return next(one for one in parts(picker) if type(one).__name__ == "CopyRow")


def copy_to(picker, folder: str) -> str:
    """What the row says after copying to that folder."""
    the(ipywidgets.Text, picker).value = folder
    part(picker, "sk-copy").click()
    return " ".join(cards(copy_row(picker)))


def test_the_row_is_there_as_soon_as_there_is_something_to_copy():
    picker = BackupPicker()
    assert copy_row(picker).layout.display == "none"
    part(picker, "sk-copy").click()  # nobody can, but nothing happens either
    assert cards(copy_row(picker)) == []
    saved(1)
    picker.refresh()
    assert copy_row(picker).layout.display is None


def test_a_backup_is_copied_with_its_manifest(tmp_path):
    path = saved(1)
    told = copy_to(BackupPicker(), f"  {tmp_path / 'stick' / 'new'} ")
    copied = tmp_path / "stick" / "new" / path.name
    assert told.startswith("Copied, and checked after copying")
    assert str(copied) in told
    assert copied.read_bytes() == path.read_bytes()
    assert Vault(copied.parent).backups()[0].read() == path.read_bytes()


def test_a_copy_never_overwrites(tmp_path):
    path = saved(1)
    (tmp_path / "stick").mkdir()
    (tmp_path / "stick" / path.name).write_bytes(b"something else")
    told = copy_to(BackupPicker(), str(tmp_path / "stick"))
    assert told.startswith(f"There is a file {tmp_path / 'stick' / path.name} already.")
    assert "Choose another folder" in told
    assert (tmp_path / "stick" / path.name).read_bytes() == b"something else"


def test_a_copy_to_nowhere_asks_where(tmp_path):
    saved(1)
    assert copy_to(BackupPicker(), "  ").startswith("Where to?")


def test_a_copy_to_where_nothing_can_be_written_says_so(tmp_path):
    saved(1)
    (tmp_path / "file").write_text("no folder")
    told = copy_to(BackupPicker(), str(tmp_path / "file" / "stick"))
    assert told.startswith(f"The backup cannot be written to {tmp_path / 'file' / 'stick'}.")


def test_a_damaged_backup_is_not_copied(tmp_path):
    path = saved(1)
    picker = BackupPicker()
    path.write_bytes(b"damaged")
    assert copy_to(picker, str(tmp_path / "stick")).startswith(
        f"The backup {path.name} was changed after it was saved."
    )
    assert not (tmp_path / "stick").exists()


def test_what_was_said_of_one_backup_is_not_said_of_the_next(tmp_path):
    saved(1)
    saved(2)
    picker = BackupPicker()
    assert copy_to(picker, str(tmp_path / "stick"))
    part(picker, "sk-backups").value = part(picker, "sk-backups").options[1][1]
    assert cards(copy_row(picker)) == []


# Images


@pytest.fixture
def images(tmp_path):
    return tmp_path / "images"


def card(picker) -> str:
    return re.sub(r"<[^>]+>", " ", part(picker, "sk-says").value).strip()


def offered(picker) -> list[str]:
    return list(part(picker, "sk-images").options)


def upload(picker, name: str, data: bytes) -> None:
    """As the browser does it."""
    part(picker, "sk-upload").value = (
        {
            "name": name,
            "type": "application/octet-stream",
            "size": len(data),
            "content": memoryview(data),
            "last_modified": datetime.datetime.now(datetime.UTC),
        },
    )


def other_image() -> bytes:
    """A sound image that is neither of the two: the byte of its header that is under no checksum differs."""
    data = bytearray(lesson_images()[HELLO])
    data[2] = 1
    return bytes(data)


def test_the_practice_images_are_put_there(images):
    picker = ImagePicker(images)
    assert offered(picker) == [BLINK, HELLO]
    assert {path.name: path.read_bytes() for path in images.iterdir()} == lesson_images()
    image = picker.picked()
    assert (image.name, image.data, image.is_practice) == (BLINK, lesson_images()[BLINK], True)


def test_the_folder_is_images_in_the_notebooks_own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert ImagePicker().file.resolve() == tmp_path / "images" / BLINK


def test_a_practice_image_that_was_changed_stays_as_it_is(images):
    images.mkdir()
    (images / HELLO).write_bytes(other_image())
    ImagePicker(images)
    assert (images / HELLO).read_bytes() == other_image()


def test_the_card_tells_size_digest_and_what_the_image_is(images):
    picker = ImagePicker(images)
    part(picker, "sk-images").value = HELLO
    data = lesson_images()[HELLO]
    assert card(picker).startswith(f"{HELLO} is a sound ESP8266 image")
    for text in (
        f"{len(data):,} bytes".replace(",", " "),
        hashlib.sha256(data).hexdigest(),
        str(images),
        "for the practice Sonoff, which pretends to run it",
    ):
        assert text in card(picker)
    assert "Published" not in card(picker)
    (images / f"{HELLO}.sha256").write_text(hashlib.sha256(data).hexdigest())
    picker.refresh()
    assert f"it matches {HELLO}.sha256" in card(picker)


def test_an_image_that_differs_from_its_published_checksum_is_refused(images):
    picker = ImagePicker(images)
    (images / f"{BLINK}.sha256").write_text("0" * 64)
    with pytest.raises(ImageChanged):
        picker.picked()
    picker.refresh()
    assert card(picker).startswith(f"{BLINK} does not match the checksum in {BLINK}.sha256.")


def test_a_refresh_keeps_the_choice_and_finds_what_came(images):
    picker = ImagePicker(images)
    part(picker, "sk-images").value = HELLO
    (images / "a-new-one.bin").write_bytes(other_image())
    picker.refresh()
    assert offered(picker) == ["a-new-one.bin", BLINK, HELLO]
    assert picker.picked().name == HELLO
    (images / "notes.txt").write_text("no firmware")
    picker.refresh()
    assert "notes.txt" not in offered(picker)


def test_an_upload_is_put_into_the_folder_and_chosen(images):
    picker = ImagePicker(images)
    upload(picker, "tasmota.bin", other_image())
    assert (images / "tasmota.bin").read_bytes() == other_image()
    assert picker.picked().name == "tasmota.bin"
    assert card(picker).startswith("tasmota.bin is a sound ESP8266 image")


def test_a_second_upload_is_chosen_too(images):
    picker = ImagePicker(images)
    upload(picker, "one.bin", other_image())
    upload(picker, "two.bin", lesson_images()[HELLO])
    assert picker.picked().name == "two.bin"


def test_another_file_of_the_same_name_is_refused_and_the_first_is_kept(images):
    picker = ImagePicker(images)
    upload(picker, HELLO, other_image())
    assert card(picker).startswith(f"There is another file named {HELLO} already.")
    assert "Rename yours." in card(picker)
    assert (images / HELLO).read_bytes() == lesson_images()[HELLO]


def test_the_same_file_again_is_just_chosen(images):
    picker = ImagePicker(images)
    picker.add(HELLO, lesson_images()[HELLO])
    assert picker.picked().name == HELLO


def test_an_upload_cannot_leave_the_folder(images, tmp_path):
    ImagePicker(images).add("../../outside.bin", other_image())
    assert (images / "outside.bin").read_bytes() == other_image()
    assert [path.name for path in tmp_path.rglob("outside.bin")] == ["outside.bin"]
    assert not (tmp_path / "outside.bin").exists()


@pytest.mark.parametrize("name", ["TASMOTA.BIN", "tasmota.gz", "tasmota.zip", "tasmota"])
def test_a_file_with_another_ending_is_not_swallowed(images, name):
    picker = ImagePicker(images)
    upload(picker, name, other_image())
    assert name in card(picker), "neither taken nor refused in words"


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("no folder")
    picker = ImagePicker(tmp_path / "file" / "images")
    with pytest.raises(ImageUnreadable) as caught:
        picker.picked()
    assert str(caught.value).startswith("There is no firmware in ")
    before = card(picker)
    upload(picker, "tasmota.bin", other_image())
    assert card(picker) != before, "an upload that cannot be kept must be told"


def test_a_compressed_image_is_unpacked_when_asked(images):
    images.mkdir()
    (images / "a.bin.gz").write_bytes(gzip.compress(other_image()))
    picker = ImagePicker(images)
    assert picker.file.name == "a.bin.gz"
    with pytest.raises(ImageCompressed):
        picker.picked()
    assert card(picker).startswith("a.bin.gz is compressed (gzip).")
    the(ipywidgets.Checkbox, picker).value = True
    assert card(picker).startswith("a.bin.gz is a sound ESP8266 image")
    image = picker.picked()
    assert (image.data, image.unpacked) == (other_image(), True)


def test_a_bad_image_gives_a_card_and_cannot_be_picked(images):
    images.mkdir()
    (images / "a.bin").write_bytes(b"<html>404 not found</html>")
    picker = ImagePicker(images)
    assert card(picker).startswith("a.bin is no ESP8266 image: it begins with 3c 68 74 6d, not with e9.")
    assert "Download it again" in card(picker)
    with pytest.raises(ImageInvalid):
        picker.picked()
    part(picker, "sk-images").value = HELLO
    assert picker.picked().name == HELLO


def test_a_chosen_file_that_vanished_is_told(images):
    picker = ImagePicker(images)
    (images / BLINK).unlink()
    with pytest.raises(ImageUnreadable):
        picker.picked()


def test_a_files_name_is_no_html(images):
    images.mkdir()
    name = "a<b>c.bin"
    try:
        (images / name).write_bytes(b"x")
    except OSError:
        pytest.skip("this system has no such file names")
    picker = ImagePicker(images)
    assert picker.file.name == name
    assert "a&lt;b&gt;c.bin" in part(picker, "sk-says").value
    assert name not in part(picker, "sk-says").value


def test_the_original_can_be_preferred_to_what_came_after_it(sonoff):
    with connect("practice://basic") as device:
        original = back_up(device).backup
        erase(device, original)
        blank = back_up(device).backup
    assert BackupPicker().picked() == blank
    assert BackupPicker(first=True).picked() == original


def test_a_damaged_backup_is_not_shown_as_a_good_one(sonoff):
    with connect("practice://basic") as device:
        backup = back_up(device).backup
    backup.path.write_bytes(bytes(len(backup.path.read_bytes())))
    picker = BackupPicker()
    assert card(picker).startswith(f"The backup {backup.path.name} was changed after it was saved.")

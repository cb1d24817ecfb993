"""The course's copy in a workshop folder, and JupyterLab on it: nothing that a learner did is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from sonoffkit import course
from sonoffkit.course import RECORD, Copied, copy_course, course_folder, course_notebooks
from sonoffkit.lab import UPLOAD_LIMIT, kernel_transport, lab_command, lab_environment

OURS, OURS_NEXT, THEIRS = b'{"cells": []}', b'{"cells": ["new"]}', b'{"cells": ["by the learner"]}'
ONE, TWO = "1-one.ipynb", "2-two.ipynb"


@pytest.fixture
def source(tmp_path, monkeypatch):
    """A course of two notebooks, which may be changed as by a new release."""
    folder = tmp_path / "course"
    folder.mkdir()
    for name in (ONE, TWO):
        (folder / name).write_bytes(OURS)
    monkeypatch.setattr(course, "course_folder", lambda: folder)
    return folder


@pytest.fixture
def workshop(tmp_path):
    return tmp_path / "a" / "workshop"


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix == ".ipynb"}


# The real course


def test_the_notebooks_are_there_in_the_courses_order():
    names = [path.name for path in course_notebooks()]
    assert names[:2] == ["1-setup.ipynb", "2-backup.ipynb"]
    assert names == sorted(names)
    assert all(path.parent == course_folder() for path in course_notebooks())


def test_the_real_course_is_copied_byte_for_byte(workshop):
    outcome = copy_course(workshop)
    assert files(workshop) == {path.name: path.read_bytes() for path in course_notebooks()}
    assert outcome == {path.name: Copied.NEW for path in course_notebooks()}
    assert (workshop / "images").is_dir()


# Copying


def test_notebooks_are_new_and_then_the_same(source, workshop):
    assert copy_course(workshop) == {ONE: Copied.NEW, TWO: Copied.NEW}
    assert copy_course(workshop) == {ONE: Copied.SAME, TWO: Copied.SAME}
    assert files(workshop) == {ONE: OURS, TWO: OURS}


def test_what_is_no_notebook_of_the_course_is_not_copied(source, workshop):
    (source / "scratch.ipynb").write_bytes(OURS)
    (source / "1-one.txt").write_bytes(OURS)
    assert set(copy_course(workshop)) == {ONE, TWO}


def test_a_newer_notebook_takes_the_place_of_one_that_was_not_changed(source, workshop):
    copy_course(workshop)
    (source / ONE).write_bytes(OURS_NEXT)
    assert copy_course(workshop) == {ONE: Copied.UPDATED, TWO: Copied.SAME}
    assert files(workshop) == {ONE: OURS_NEXT, TWO: OURS}
    assert copy_course(workshop) == {ONE: Copied.SAME, TWO: Copied.SAME}


def test_a_learners_changes_stay(source, workshop):
    copy_course(workshop)
    (workshop / ONE).write_bytes(THEIRS)
    for _ in range(2):
        assert copy_course(workshop) == {ONE: Copied.KEPT, TWO: Copied.SAME}
        assert files(workshop) == {ONE: THEIRS, TWO: OURS}  # there is nothing newer to be put beside it


def test_a_newer_notebook_is_put_beside_a_learners(source, workshop):
    copy_course(workshop)
    (workshop / ONE).write_bytes(THEIRS)
    (source / ONE).write_bytes(OURS_NEXT)
    for _ in range(2):
        assert copy_course(workshop) == {ONE: Copied.KEPT, TWO: Copied.SAME}
        assert files(workshop) == {ONE: THEIRS, TWO: OURS, "1-one-new.ipynb": OURS_NEXT}


def test_what_a_learner_did_in_the_new_one_beside_it_stays_too(source, workshop):
    copy_course(workshop)
    (workshop / ONE).write_bytes(THEIRS)
    (source / ONE).write_bytes(OURS_NEXT)
    copy_course(workshop)
    (workshop / "1-one-new.ipynb").write_bytes(THEIRS + b" ")  # they went on in the new one
    copy_course(workshop)
    assert files(workshop)[ONE] == THEIRS
    assert files(workshop)["1-one-new.ipynb"] == THEIRS + b" "


def test_a_learner_who_takes_the_new_one_gets_the_next_one_too(source, workshop):
    copy_course(workshop)
    (workshop / ONE).write_bytes(THEIRS)
    (source / ONE).write_bytes(OURS_NEXT)
    copy_course(workshop)
    (workshop / "1-one-new.ipynb").replace(workshop / ONE)
    assert copy_course(workshop)[ONE] is Copied.SAME
    (source / ONE).write_bytes(OURS)
    assert copy_course(workshop)[ONE] is Copied.UPDATED


def test_a_notebook_that_a_learner_deleted_comes_back(source, workshop):
    copy_course(workshop)
    (workshop / ONE).unlink()
    assert copy_course(workshop) == {ONE: Copied.NEW, TWO: Copied.SAME}


@pytest.mark.parametrize(
    "record", [b"", b"no json", b"[]", b"5", b"null", b"\xff\xfe", b'{"1-one.ipynb": 5}', b'{"1-one.ipynb": null}']
)
def test_with_a_broken_record_nothing_is_lost(source, workshop, record):
    copy_course(workshop)
    (workshop / ONE).write_bytes(THEIRS)
    (workshop / RECORD).write_bytes(record)
    assert copy_course(workshop) == {ONE: Copied.KEPT, TWO: Copied.SAME}
    assert files(workshop)[ONE] == THEIRS
    assert TWO in json.loads((workshop / RECORD).read_text())  # and it is whole again


def test_without_a_record_what_is_there_is_the_learners(source, workshop):
    workshop.mkdir(parents=True)
    (workshop / ONE).write_bytes(THEIRS)
    assert copy_course(workshop) == {ONE: Copied.KEPT, TWO: Copied.NEW}
    assert files(workshop) == {ONE: THEIRS, TWO: OURS, "1-one-new.ipynb": OURS}


def test_other_files_in_the_folder_stay(source, workshop):
    copy_course(workshop)
    (workshop / "images" / "tasmota.bin").write_bytes(b"firmware")
    (workshop / "notes.ipynb").write_bytes(THEIRS)
    copy_course(workshop)
    assert (workshop / "images" / "tasmota.bin").read_bytes() == b"firmware"
    assert files(workshop)["notes.ipynb"] == THEIRS


# JupyterLab on it


def test_jupyterlab_understands_the_options_as_they_are_meant(tmp_path):
    command = lab_command(tmp_path, "1-setup.ipynb", browser=False, port=8999, more=["--show-config-json"])
    assert command[:3] == [sys.executable, "-m", "jupyterlab"]
    done = subprocess.run(command, env=lab_environment(tmp_path), capture_output=True, text=True, check=True)
    config = json.loads(done.stdout)
    server = config["ServerApp"]
    assert server["root_dir"] == str(tmp_path)
    assert server["tornado_settings"] == {"websocket_max_message_size": 64 * 1024 * 1024}
    assert (server["port"], server["port_retries"], server["open_browser"]) == (8999, 0, False)
    lab = config["LabApp"]
    assert lab["default_url"] == "/lab/tree/1-setup.ipynb"
    assert lab["news_url"] in (None, "None")
    assert lab["check_for_updates_class"] == "jupyterlab.NeverCheckForUpdate"
    assert lab["extension_manager"] == "readonly"
    assert config["KernelManager"].get("transport", "") == kernel_transport()


def test_a_browser_is_opened_unless_that_is_not_wanted(tmp_path):
    assert "--no-browser" not in lab_command(tmp_path, "x")
    assert "--no-browser" in lab_command(tmp_path, "x", browser=False)
    assert not any("ServerApp.port" in option for option in lab_command(tmp_path, "x"))


def test_uploads_may_be_as_large_as_any_flash_and_more():
    assert UPLOAD_LIMIT >= 4 * 16 * 0x100000


@pytest.mark.skipif(os.name != "posix", reason="Windows has no local sockets for kernels")
def test_kernels_are_reached_by_local_sockets_unless_their_path_would_be_too_long(monkeypatch, tmp_path):
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", "/tmp/short")
    assert kernel_transport() == "ipc"
    assert "--KernelManager.transport=ipc" in lab_command(tmp_path, "x")
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", "/tmp/" + "long" * 20)
    assert kernel_transport() == ""
    assert not any("transport" in option for option in lab_command(tmp_path, "x"))


def test_the_environment_is_this_pythons_own(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "elsewhere")
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
    monkeypatch.delenv("JUPYTERLAB_SETTINGS_DIR", raising=False)
    environment = lab_environment(tmp_path)
    assert environment["PATH"] == sysconfig.get_path("scripts") + os.pathsep + "elsewhere"
    assert environment["JUPYTER_PREFER_ENV_PATH"] == "1"
    assert environment["SONOFFKIT_HOME"] == os.environ["SONOFFKIT_HOME"]


def test_jupyterlab_does_not_ask_whether_it_may_fetch_news(tmp_path, monkeypatch):
    monkeypatch.delenv("JUPYTERLAB_SETTINGS_DIR", raising=False)
    settings = Path(lab_environment(tmp_path)["JUPYTERLAB_SETTINGS_DIR"])
    file = settings / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    assert json.loads(file.read_text()) == {"fetchNews": "false", "checkForUpdates": False}
    file.write_text('{"fetchNews": "true"}')  # a person's own choice stays
    lab_environment(tmp_path)
    assert json.loads(file.read_text()) == {"fetchNews": "true"}


def test_a_persons_own_settings_folder_counts_more(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTERLAB_SETTINGS_DIR", "mine")
    assert lab_environment(tmp_path)["JUPYTERLAB_SETTINGS_DIR"] == "mine"

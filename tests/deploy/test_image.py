"""The image: its Containerfile's commands, and the service it starts."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.deploy.containerfile import Image
from tests.serving import ROOT, START, free_port


@pytest.fixture
def image() -> Iterator[Image]:
    """The image, in a folder with access for all users."""
    with TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # noqa: S103  # the image's user is not the one that made it
        image = Image(Path(folder))
        image.build(ROOT / "deploy" / "Containerfile")
        yield image


def test_image_migrates_serves_is_healthy_and_stops(image: Image) -> None:
    settings = {"secret_key": "f" * 32, "port": free_port(), "host": "127.0.0.1"}
    with image.run("db", "upgrade", **settings) as migrating:
        assert migrating.wait(START) == 0
    assert not image.is_healthy(**settings)
    with image.run(*image.words["cmd"], **settings) as service:
        end = time.monotonic() + START
        while not image.is_healthy(**settings) and time.monotonic() < end and service.poll() is None:
            time.sleep(0.1)
        assert image.is_healthy(**settings)
        service.send_signal(signal.SIGTERM)
        assert service.wait(START) == 0
    [database] = (image.root / "data").glob("*.db")
    if image.as_its_user():
        assert f"{database.stat().st_uid}:{database.stat().st_gid}" == image.user

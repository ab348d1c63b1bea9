"""No network: with the sockets blocked, the index is built and questions are answered."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

BLOCKED = """
import socket, sys

def refuse(*arguments, **named):
    raise OSError(f"the network was used: {arguments[1:] or arguments}")

for name in ("connect", "connect_ex", "sendto", "bind"):
    setattr(socket.socket, name, refuse)
for name in ("getaddrinfo", "gethostbyname", "create_connection"):
    setattr(socket, name, refuse)
try:
    socket.create_connection(("127.0.0.1", 9))
except OSError as error:
    assert "the network was used" in str(error)
else:
    sys.exit("the sockets are not blocked")
"""
USE = """
import index.__main__, qa.__main__
sources, folder = sys.argv[1:]
for command, arguments in (
    (index.__main__, ["build", sources, "--index", folder]),
    (index.__main__, ["verify", "--index", folder]),
    (qa.__main__, ["ask", "When did the inspection take place?", "--index", folder]),
    (qa.__main__, ["retrieve", "early help", "-k", "2", "--index", folder]),
):
    assert command.main(arguments) == 0, arguments
import qa
print("from Python:", qa.ask("When did the inspection take place?", index=folder).citations[0].text)
"""


@pytest.mark.real
def test_everything_works_without_a_network(articles: Path, tmp_path: Path) -> None:
    """Build, verify, ask and retrieve in one process whose sockets raise; a trace of a try would end it."""
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED + USE, str(articles), str(tmp_path / "index")],
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if k not in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")}
        | {"HF_HOME": str(tmp_path / "hf")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "built" in done.stdout and "from Python: The inspection, which took place between 20 and 24 January" in done.stdout
    assert "the network was used" not in done.stdout + done.stderr
    assert not list((tmp_path / "hf").rglob("*.safetensors"))

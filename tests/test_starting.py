"""Ctrl-C while the command imports ends in one line."""

import os
import subprocess
import sys

import pytest

START = """
import signal, sys
sys.argv[0] = {command!r}
import symnn.starting
{then}
signal.raise_signal(signal.SIGINT)
"""


@pytest.mark.skipif(os.name == "nt", reason="signals are those of POSIX")
@pytest.mark.parametrize(
    ("command", "then", "code", "said"),
    [
        ("/bin/symnn", "", 130, "symnn: error: interrupted"),
        ("/bin/symnn", "symnn.starting.started()", -2, "KeyboardInterrupt"),
        ("script.py", "", -2, "KeyboardInterrupt"),
    ],
)
def test_only_the_command_is_quiet_and_only_while_it_starts(command, then, code, said):
    script = START.format(command=command, then=then)
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert ended.returncode == code
    assert ended.stderr.splitlines()[-1] == said

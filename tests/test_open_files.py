"""The process may open as many files as the system allows."""

from __future__ import annotations

import subprocess
import sys

from tests.waiting import WAIT_SECONDS

RAISE = """
import resource
from flux_playground.open_files import raise_open_file_limit
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
raise_open_file_limit()
soft, kept = resource.getrlimit(resource.RLIMIT_NOFILE)
assert kept == hard and soft == (65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536)), (soft, kept)
"""


def test_limit_of_open_files_is_raised() -> None:
    """A low limit becomes the highest that the process may have."""
    subprocess.run([sys.executable, "-c", RAISE], check=True, timeout=WAIT_SECONDS)

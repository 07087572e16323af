"""Memory of freed blocks goes back to the system."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from tests.waiting import WAIT_SECONDS

FREE_BLOCKS = """
from pathlib import Path
from flux_playground.process_memory import return_large_blocks

def resident_mb():
    return int(Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0]) / 1000

{call}
block = b"x" * 20_000_000
del block  # without the setting, blocks up to this size come from the heap from now on
before, blocks, small = resident_mb(), [], []
for _ in range(8):
    blocks.append(b"x" * 16_000_000)
    small.append(b"x" * 50_000)
blocks.clear()
print(resident_mb() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps freed blocks")
@pytest.mark.parametrize(("call", "is_returned"), [("return_large_blocks()", True), ("", False)])
def test_large_blocks_are_returned(call: str, is_returned: bool) -> None:
    """Between small blocks that stay, freed blocks of 16 MB leave the process with the setting only."""
    code = FREE_BLOCKS.format(call=call)
    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=WAIT_SECONDS
    ).stdout
    assert (float(output) < 16) is is_returned

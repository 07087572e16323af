"""Tells whether a folder is on a file system of another machine or of a program, from the mounts of this process."""

from __future__ import annotations

import re
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
REMOTE_TYPES = {
    *("9p", "afs", "beegfs", "ceph", "cifs", "coda", "fuse", "fuseblk", "gfs2", "glusterfs", "gpfs", "lustre", "ncpfs"),
    *("nfs", "nfs4", "ocfs2", "orangefs", "prl_fs", "smb2", "smb3", "smbfs", "vboxsf", "virtiofs", "vmhgfs", "wekafs"),
}


def remote_type(folder: Path) -> str:
    """Return the type of a folder's file system if it is a remote one or FUSE, else "", also where that is unknown."""
    try:
        lines = MOUNTS.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
        kind = mount_type(folder.resolve(), lines)
    except OSError:  # not Linux
        return ""
    return kind if kind.partition(".")[0] in REMOTE_TYPES else ""


def mount_type(path: Path, lines: list[str]) -> str:
    """Return the type of the file system of an absolute path, from the lines of `mountinfo`; "" if none has it.

    A line has the mount point as its fifth field and the type after a field "-". A later mount hides an earlier one.
    """
    found, depth = "", 0
    for line in lines:
        fields, _, kind = (part.split() for part in line.partition(" - "))
        if len(fields) < 5 or not kind:
            continue
        point = Path(re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), fields[4]))
        if path.is_relative_to(point) and len(point.parts) >= depth:
            found, depth = kind[0], len(point.parts)
    return found

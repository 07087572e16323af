"""The types of file systems, read from the mounts of real machines."""

from __future__ import annotations

from pathlib import Path

import pytest

from flux_playground.storage import mounts
from flux_playground.storage.mounts import mount_type, remote_type

LAPTOP = r"""
22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/mapper/root rw,errors=remount-ro
24 22 0:22 / /proc rw,nosuid,nodev,noexec,relatime shared:13 - proc proc rw
33 22 0:29 / /mnt rw,relatime shared:5 master:1 - tmpfs tmpfs rw
95 33 0:51 /volume1/photos /mnt/nas rw,relatime shared:48 - nfs4 nas:/volume1/photos rw,vers=4.2,rsize=131072,hard
97 22 0:53 / /media/my\040share\134old rw,relatime - cifs //server/my\040share rw,vers=3.1.1,username=ann
98 22 0:54 / /home/ann/drive rw,nosuid,nodev,relatime shared:50 - fuse.sshfs ann@host:/ rw,user_id=1000,group_id=1000
99 22 8:17 / /media/usb rw,relatime - fuseblk /dev/sdb1 rw,user_id=0,group_id=0,allow_other
101 98 254:2 / /home/ann/drive/disk rw - xfs /dev/vdb rw
"""
SPACE = r"""
1503 1380 0:326 / / rw,relatime - overlay overlay rw,lowerdir=/a:/b,upperdir=/c,workdir=/d
1504 1503 0:329 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw
1531 1503 259:3 /var/lib/hosts /etc/hosts rw,noatime - xfs /dev/nvme0n1p1 rw
1540 1503 259:3 /data /data rw,noatime - xfs /dev/nvme0n1p1 rw
1541 1503 0:344 / /data rw,nosuid,nodev,relatime,idmapped - fuse hf-mount rw,user_id=0,group_id=0,allow_other
"""
WSL = r"""
62 54 0:30 / / rw,relatime - ext4 /dev/sdc rw,discard,errors=remount-ro
88 62 0:48 / /mnt/c rw,noatime - 9p C:\134 rw,dirsync,aname=drvfs;path=C:\;uid=1000;gid=1000;symlinkroot=/mnt/
"""


@pytest.mark.parametrize(
    ("text", "path", "kind"),
    [
        (LAPTOP, "/home/ann/.flux_playground", "ext4"),
        (LAPTOP, "/mnt/nas/flux", "nfs4"),
        (LAPTOP, "/mnt/nas2", "tmpfs"),
        (LAPTOP, "/media/my share\\old/flux", "cifs"),
        (LAPTOP, "/home/ann/drive", "fuse.sshfs"),
        (LAPTOP, "/home/ann/drive/disk/flux", "xfs"),
        (LAPTOP, "/media/usb", "fuseblk"),
        (SPACE, "/app", "overlay"),
        (SPACE, "/data/flux", "fuse"),
        (WSL, "/mnt/c/Users/ann", "9p"),
        ("", "/data", ""),
        ("garbage\n1 2 3 - \n36 35 98:0 /mnt1 /data", "/data", ""),
    ],
)
def test_mount_type(text: str, path: str, kind: str) -> None:
    """The deepest mount above a path counts, and of two at one place the later one."""
    assert mount_type(Path(path), text.splitlines()) == kind


def test_remote_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link leads to the file system of its target; local and unknown types are none."""
    (tmp_path / "link").symlink_to("/mnt/nas")
    monkeypatch.setattr(mounts, "MOUNTS", tmp_path / "mountinfo")
    assert remote_type(tmp_path / "link") == ""
    mounts.MOUNTS.write_text(LAPTOP, encoding="utf-8")
    folders = {
        "/": "",
        "/mnt": "",
        "/home/ann/drive/a": "fuse.sshfs",
        "/home/ann/drive/disk": "",
        "/media/usb": "fuseblk",
    }
    assert {name: remote_type(Path(name)) for name in folders} == folders
    assert remote_type(tmp_path / "link") == "nfs4"

"""Where the programs write: not straight to the disk of this checkout, whose file system may be of any kind."""
import contextlib
import os
import subprocess
import tempfile

IMAGE_BYTES = 16 << 30  # sparse: what is not written takes no room
INODES = 100000
FILES_MOST = 1200000  # of a crawl that keeps a million


@contextlib.contextmanager
def ext4(home, inodes=INODES):
    """A new ext4 with a journal, in a file. All of it is initialised at once, not later while something is measured."""
    image, folder = f"{home}/ext4.img", f"{home}/ext4"
    os.mkdir(folder)
    with open(image, "wb") as file:
        file.truncate(IMAGE_BYTES)
    initialised = "lazy_itable_init=0,lazy_journal_init=0"
    subprocess.run(["mkfs.ext4", "-q", "-F", "-N", str(inodes), "-E", initialised, image], check=True)
    subprocess.run(["mount", "-o", "loop,noatime", image, folder], check=True)
    try:
        yield f"{folder}/pages"
    finally:
        subprocess.run(["umount", folder], check=True)
        os.remove(image)


@contextlib.contextmanager
def tmpfs(_home, inodes=INODES):  # which has no number of its own
    with tempfile.TemporaryDirectory(prefix="forage-bench-", dir="/dev/shm") as folder:
        yield f"{folder}/pages"


FILE_SYSTEMS = {"ext4": ext4, "tmpfs": tmpfs}

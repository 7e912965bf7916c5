"""Runs a command and says what it took: time, processor time and memory of all its processes."""
import contextlib
import ctypes
import glob
import mmap
import os
import signal
import threading
import time
from dataclasses import dataclass

LIMIT_SECONDS = 300
SAMPLE_SECONDS = 0.002
PR_SET_CHILD_SUBREAPER = 36


@dataclass
class Run:
    wall: float  # seconds until the command's first process ended
    cpu: float  # seconds, user and system, of all its processes
    status: int  # of its exit; negative: the signal that ended it
    peak: float  # MiB that its processes held together (PSS), when it was asked for
    wrong: str = ""  # why the figures are worth nothing


def adopt_orphans():
    """Processes that outlive the parent that should have waited for them become ours, so that their time is not lost."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def read(path):
    """"" for a process that has just ended."""
    try:
        with open(path) as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def children(pid):
    return {int(child) for task in glob.glob(f"/proc/{pid}/task/*/children") for child in read(task).split()}


def descendants(pids):
    found, to_look = set(), set(pids)
    while to_look:
        found |= to_look
        to_look = {child for pid in to_look for child in children(pid)} - found
    return found


def pss_mib(pid):
    for line in read(f"/proc/{pid}/smaps_rollup").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0


class Sampler(threading.Thread):
    """Looks every few milliseconds at how much memory the descendants of this process hold, but for OTHERS."""

    def __init__(self, others):
        super().__init__(daemon=True)
        self.others = others
        self.peak = 0
        self.unreadable = None
        self.stopped = threading.Event()

    def run(self):
        try:
            while not self.stopped.wait(SAMPLE_SECONDS):
                pids = descendants(children(os.getpid()) - self.others)
                self.peak = max(self.peak, sum(pss_mib(pid) for pid in pids))
        except PermissionError as e:
            self.unreadable = e

    def stop(self):
        self.stopped.set()
        self.join()
        if self.unreadable:
            raise self.unreadable
        return self.peak


def prime_memory(size):
    """Touch SIZE bytes and free them: the first touch of a page is slow, and unevenly so, where the machine is virtual."""
    with open("/proc/meminfo") as file:
        facts = dict(line.split(":") for line in file)
    available = int(facts["MemAvailable"].split()[0]) * 1024
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE
    mmap.mmap(-1, min(size, available // 2), flags=flags).close()


def seconds_of(usage):
    return usage.ru_utime + usage.ru_stime


def spawn(command, home, output):
    """Start COMMAND in a process group of its own, without settings of the user; what it says goes to the file OUTPUT."""
    environment = {"PATH": os.environ["PATH"], "HOME": home, "LANG": "C.UTF-8"}
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    return os.posix_spawnp(command[0], command, environment, file_actions=actions, setpgroup=0, setsigdef=[signal.SIGPIPE])


def on_alarm(number, frame):
    raise TimeoutError


def wait_for(pid, others):
    """Returns the status, the time at which PID ended, and the processor time of it and all that it left behind."""
    signal.signal(signal.SIGALRM, on_alarm)
    signal.alarm(LIMIT_SECONDS)
    try:
        _, status, usage = os.wait4(pid, 0)
        end, cpu = time.perf_counter(), seconds_of(usage)
        while strays := children(os.getpid()) - others:
            cpu += sum(seconds_of(os.wait4(stray, 0)[2]) for stray in strays)
        return os.waitstatus_to_exitcode(status), end, cpu
    finally:
        signal.alarm(0)


def end_all(others):
    while left := children(os.getpid()) - others:
        for pid in descendants(left):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for pid in left:
            os.waitpid(pid, 0)


def run(command, home, output, sample=False):
    """Run COMMAND to its end and measure it; SAMPLE adds the memory, which disturbs the times."""
    others = children(os.getpid())
    sampler = Sampler(others)
    start = time.perf_counter()
    pid = spawn(command, home, output)
    try:
        if sample:
            sampler.start()
        status, end, cpu = wait_for(pid, others)
    except TimeoutError:
        raise RuntimeError(f"{command[0]} did not end within {LIMIT_SECONDS} seconds") from None
    finally:
        end_all(others)
        peak = sampler.stop() if sample else 0
    return Run(end - start, cpu, status, peak)

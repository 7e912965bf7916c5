"""Crawls a generated web and looks at forage's processes meanwhile. generated.py ext4|tmpfs, from the project's root.

PAGES (1,000,000) and HOSTS (100) in the environment are the size of the web; each page offers fifty links. Printed are pages a second and memory in
ten windows of the crawl, the processor time of each process, and, with PERF=1, where in the code it goes."""
import contextlib
import glob
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass

import measure
import output
import servers

BUILD = os.path.abspath("build/bench")
SERVER = "build/release/tests/generated_web"
PAGES, HOSTS, LINKS = 1000000, 100, 50
WINDOWS = 10
SAMPLE_SECONDS = 0.5
PSS_MIB_MOST = 400
SLOWER_MOST = 1.1
PERF_SECONDS = 20
COMMAND = (
    "build/release/forage --quiet --recursive --scope any --allow-private --robots off --delay 0 --resolve *:80:127.0.0.1:{port}"
    " --output {out} --summary {summary} http://w0.test/0.html"
)
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Sample:
    seconds: float
    served: int
    pss: dict  # process: MiB
    cpu: dict  # process: (user, system) in seconds
    disk: dict  # file of forage's own, in .forage: bytes


def cpu_of(pid):
    fields = measure.read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return (int(fields[11]) / TICKS, int(fields[12]) / TICKS) if fields else (0.0, 0.0)


def sizes_in(folder):
    sizes = {}
    for path in glob.glob(f"{folder}/*"):
        with contextlib.suppress(FileNotFoundError):
            sizes[os.path.basename(path)] = os.path.getsize(path)
    return sizes


def look(pid, server, start, out):
    pids = measure.descendants({pid})
    pss = {each: measure.pss_mib(each) for each in pids}
    cpu = {each: cpu_of(each) for each in pids}
    return Sample(time.monotonic() - start, servers.ask_served(server), pss, cpu, sizes_in(f"{out}/.forage"))


def watch(process, server, out):
    start, samples = time.monotonic(), []
    while process.poll() is None:
        samples.append(look(process.pid, server, start, out))
        time.sleep(SAMPLE_SECONDS)
    last = samples[-2] if len(samples) > 1 else samples[-1]  # the very last may be of processes that had ended
    end = Sample(time.monotonic() - start, servers.ask_served(server), {}, last.cpu, sizes_in(f"{out}/.forage"))
    return samples[:-1] + [end]


# ---- Results ----


def used(sample):
    return sum(user + system for user, system in sample.cpu.values())


def moment(samples, pages):
    """The time, and the processor time of forage, when so many pages had been served: between two samples."""
    for before, after in zip(samples, samples[1:]):
        if after.served >= pages:
            share = (pages - before.served) / max(1, after.served - before.served)
            return tuple(a + share * (b - a) for a, b in ((before.seconds, after.seconds), (used(before), used(after))))
    return samples[-1].seconds, used(samples[-1])


def print_windows(samples, pages):
    """Returns the time and the processor time of a page in each window, in microseconds."""
    print(f"  {'pages':>9}{'s':>8}{'pages/s':>9}{'us/page':>9}{'CPU us/page':>13}{'PSS MiB':>9}")
    times = []
    for window in range(WINDOWS):
        first, last = pages * window // WINDOWS, pages * (window + 1) // WINDOWS
        begin, end = moment(samples, first), moment(samples, last)
        pss = max((sum(s.pss.values()) for s in samples if begin[0] <= s.seconds <= end[0]), default=0)
        times.append(tuple(1e6 * (b - a) / (last - first) for a, b in zip(begin, end)))
        wall, cpu = times[-1]
        print(f"  {last:>9}{end[0]:>8.1f}{1e6 / wall:>9.0f}{wall:>9.1f}{cpu:>13.1f}{pss:>9.1f}")
    return times


def print_processes(samples, pages, parent):
    last = {}
    for sample in samples:
        last.update(sample.cpu)
    peaks = {pid: max(sample.pss.get(pid, 0) for sample in samples) for pid in last}
    for pid, (user, system) in sorted(last.items()):
        who = "parent" if pid == parent else "child"
        print(
            f"  {who}: {user:.1f} s user, {system:.1f} s system: {1e6 * (user + system) / pages:.1f} us a page; peak PSS {peaks[pid]:.1f} MiB"
        )


def print_disk(samples, pages):
    for name in sorted({name for sample in samples for name in sample.disk}):
        most = max(sample.disk.get(name, 0) for sample in samples)
        print(f"  .forage/{name}: at most {most / (1 << 20):.1f} MiB, {most / pages:.0f} bytes a page")


def judge(samples, times, summary, pages):
    peak = max(sum(sample.pss.values()) for sample in samples)
    slower = [last / first for first, last in zip(times[0], times[-1])]
    served, kept = samples[-1].served, summary["pages"]["new"]
    targets = [
        (served == kept == pages, f"each page once: {served} served, {kept} kept, of {pages}"),
        (peak < PSS_MIB_MOST, f"memory of all processes under {PSS_MIB_MOST} MiB: {peak:.1f} MiB"),
        (slower[0] <= SLOWER_MOST, f"time of a page at the end at most {SLOWER_MOST} x that at the start: {slower[0]:.2f}"),
        (slower[1] <= SLOWER_MOST, f"processor time of a page, the same: {slower[1]:.2f}"),
    ]
    for met, text in targets:
        print(f"  {'met    ' if met else 'NOT MET'}  {text}")
    return targets[0][0]


def profile(home):
    """What all processors do, twenty seconds long, once the crawl is well on its way."""
    if not os.environ.get("PERF") or not shutil.which("perf"):
        return None
    script = f"sleep {PERF_SECONDS}; exec perf record -q -a -F 499 -o {home}/perf -- sleep {PERF_SECONDS}"
    return subprocess.Popen(["sh", "-c", script], stderr=subprocess.DEVNULL)


def print_profile(home, profiler):
    if not profiler or profiler.wait() != 0:
        return
    for sort in ("comm,dso", "comm,dso,symbol"):
        report = ["perf", "report", "-i", f"{home}/perf", "--stdio", "--sort", sort, "--percent-limit", "0.7"]
        lines = subprocess.run(report, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True).stdout
        print("\n".join(line.rstrip() for line in lines.splitlines() if line and not line.startswith("#")))


# ---- The program ----


def crawl(home, out, pages, hosts):
    server, port = servers.start_web(SERVER, pages, hosts)
    with ExitStack() as at_end:
        at_end.callback(servers.stop, server)
        os.makedirs(out)
        command = COMMAND.format(port=port, out=out, summary=f"{home}/summary").split()
        with open(f"{home}/said", "w") as said:
            process = subprocess.Popen(command, stdout=said, stderr=said)
        at_end.callback(process.kill)
        profiler = profile(home)
        samples = watch(process, server, out)
        times = print_windows(samples, pages)
        print_processes(samples, pages, process.pid)
        print_disk(samples, pages)
        print_profile(home, profiler)
    with open(f"{home}/said", errors="replace") as said:
        words = said.read()
    if process.returncode != 0:
        raise RuntimeError(f"exit status {process.returncode}: {words[-500:]}")
    with open(f"{home}/summary") as summary:
        return judge(samples, times, json.load(summary), pages)


def main():
    if len(sys.argv) != 2 or sys.argv[1] not in output.FILE_SYSTEMS:
        sys.exit(f"usage: generated.py {'|'.join(output.FILE_SYSTEMS)}")
    pages, hosts = int(os.environ.get("PAGES", PAGES)), int(os.environ.get("HOSTS", HOSTS))
    print(f"== web: {pages} pages on {hosts} hosts, {pages * LINKS} links; output on {sys.argv[1]}", flush=True)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    os.makedirs(BUILD, exist_ok=True)
    try:
        with ExitStack() as at_end:
            home = at_end.enter_context(tempfile.TemporaryDirectory(prefix="run-", dir=BUILD))
            out = at_end.enter_context(output.FILE_SYSTEMS[sys.argv[1]](home, output.FILES_MOST))
            right = crawl(home, out, pages, hosts)
    except (OSError, RuntimeError, subprocess.CalledProcessError) as e:
        sys.exit(f"bench: web: {e}")
    sys.exit(0 if right else 1)


if __name__ == "__main__":
    main()

"""Measures forage beside other programs on pages served by loopback. web.py WORKLOAD ext4|tmpfs, from the project's root.

The programs run in turn, A B C A B C, so that a slow phase of the machine hits all alike. After each run the files are
compared with what was served. ROUNDS in the environment is how often each runs (5). A missed target is no failure of this
program: its exit status is 1 when a program could not be run, or did not fetch what it should."""
import fcntl
import glob
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass

import corpus
import measure
import output
import servers
from workloads import LATENCY_MS, WORKLOADS

BUILD = os.path.abspath("build/bench")
WWW = f"{BUILD}/www"
LATENCY_SERVER = "build/release/tests/bench_latency_server"
PRIME_BYTES = 512 << 20


@dataclass
class Site:
    server: subprocess.Popen
    urls: list
    expected: list  # the fingerprints of what is fetched from it


# ---- Sites ----


def url_of(workload, number, port, path):
    return f"http://127.0.0.{1 + number % workload.hosts}:{port}/{path}"


def files_site(workload, home):
    kind = corpus.KINDS[workload.kind]
    names = [kind.name(number) for number in range(workload.count or kind.count)]
    expected = sorted(corpus.fingerprint(f"{WWW}/{workload.kind}/{name}") for name in names)
    server, port = servers.start_nginx(f"{home}/nginx", WWW)
    urls = [url_of(workload, i, port, f"{workload.kind}/{name}") for i, name in enumerate(names)]
    return Site(server, urls, expected)


def latency_site(workload, _home):
    page = f"{WWW}/small/{corpus.KINDS['small'].name(0)}"
    server, port = servers.start_latency(LATENCY_SERVER, LATENCY_MS, page)
    urls = [url_of(workload, i, port, f"{i:05d}.html") for i in range(workload.count)]
    return Site(server, urls, [corpus.fingerprint(page)] * workload.count)


def gone_site(workload, home):
    server, port = servers.start_nginx(f"{home}/nginx", WWW)
    return Site(server, [url_of(workload, i, port, f"gone/{i:07d}") for i in range(workload.count)], [])


SITES = {"files": files_site, "latency": latency_site, "gone": gone_site}


# ---- Runs ----


def rounds_wanted():
    rounds = os.environ.get("ROUNDS", "5")
    if not rounds.isdigit() or int(rounds) == 0:
        raise RuntimeError(f"ROUNDS is '{rounds}', not a number above 0")
    return int(rounds)


class Bench:
    """One workload, ready to be run: its site, its lists, and the folder that each run finds empty."""

    def __init__(self, workload, site, home, out):
        self.workload, self.site, self.home, self.out = workload, site, home, out
        self.said = f"{home}/said"
        self.words = {"list": f"{home}/list", "curl": f"{home}/curl", "out": out, "url": site.urls[0]}
        self.bytes = sum(size for size, _ in site.expected)
        self.write_lists()

    def write_lists(self):
        with open(self.words["list"], "w") as urls, open(self.words["curl"], "w") as config:
            for url in self.site.urls:
                urls.write(f"{url}\n")
                config.write(f'url = "{url}"\noutput = "{self.out}/{url.rsplit("/", 1)[1]}"\n')

    def run(self, command, sample=False):
        shutil.rmtree(self.out, ignore_errors=True)
        os.makedirs(self.out)
        os.sync()
        measure.prime_memory(PRIME_BYTES + 2 * self.bytes)
        words = [word.format(**self.words) for word in command.split()]
        run = measure.run(words, self.home, self.said, sample)
        run.wrong = self.what_is_wrong(run)
        return run

    def what_is_wrong(self, run):
        with open(self.said, errors="replace") as file:
            lines = file.readlines()
        if run.status != self.workload.status:
            return f"exit status {run.status}, {lines[-1].strip() if lines else 'and not a word'}"
        if self.workload.complaints and len(lines) != self.workload.complaints:
            return f"{len(lines)} lines of complaint for {self.workload.complaints} URLs"
        found = corpus.fingerprints(self.out)
        if len(found) != len(self.site.expected):
            return f"{len(found)} files for {len(self.site.expected)} URLs"
        return "" if found == self.site.expected else "files with other bytes than were served"

    def run_all(self):
        """The memory first, in runs that are not timed: they also warm up the server."""
        programs = self.workload.programs
        sampled = {name: self.run(command, sample=True) for name, command in programs.items()}
        timed = {name: [] for name in programs}
        for _ in range(self.workload.rounds or rounds_wanted()):
            for name, command in programs.items():
                timed[name].append(self.run(command))
        shutil.rmtree(self.out)
        return Results(len(self.site.urls), sampled, timed)


# ---- Results ----


class Wrong(Exception):
    """No valid run to judge by."""


@dataclass
class Results:
    pages: int
    sampled: dict  # program: Run
    timed: dict  # program: [Run]

    def wrong(self, name):
        """How many runs of a program were wrong and why the first was, or ""."""
        runs = [self.sampled[name], *self.timed[name]]
        wrongs = [run.wrong for run in runs if run.wrong]
        return f"{len(wrongs)} of {len(runs)} runs: {wrongs[0]}" if wrongs else ""

    def need(self, name):
        if self.wrong(name):
            raise Wrong(f"no valid runs of {name}")

    def median(self, name, what):
        self.need(name)
        return statistics.median(getattr(run, what) for run in self.timed[name])

    def peak(self, name):
        self.need(name)
        return self.sampled[name].peak

    def best(self, families, what):
        """The program with the lowest median among those whose names begin so and whose runs were right."""
        names = [name for name in self.timed if name.startswith(families) and not self.wrong(name)]
        if not names:
            raise Wrong(f"no valid runs of {' or '.join(families)}")
        return min(names, key=lambda name: self.median(name, what))

    def ratio(self, peer, what, to="forage"):
        """The peer's figure divided by that of TO: the median over the rounds, in each of which they ran side by side."""
        self.need(to)
        self.need(peer)
        pairs = zip(self.timed[peer], self.timed[to])
        return statistics.median(getattr(theirs, what) / getattr(ours, what) for theirs, ours in pairs)


HEADINGS = ("", "wall s", "[min-max]", "pages/s", "CPU us/page", "peak MiB", "wall x", "CPU x")
ROW = "  {:<12}{:>9}  {:<17}{:>9}{:>13}{:>10}{:>8}{:>8}"


def row_of(results, name):
    walls = [run.wall for run in results.timed[name]]
    wall = statistics.median(walls)
    cpu = statistics.median(run.cpu for run in results.timed[name])
    ratios = ["", ""]
    if "forage" in results.timed and name != "forage" and not results.wrong(name) and not results.wrong("forage"):
        ratios = [f"{results.ratio(name, what):.2f}" for what in ("wall", "cpu")]
    figures = (
        f"{wall:.3f}",
        f"[{min(walls):.3f}-{max(walls):.3f}]",
        f"{results.pages / wall:.1f}",
        f"{1e6 * cpu / results.pages:.1f}",
        f"{results.sampled[name].peak:.1f}",
    )
    return ROW.format(name, *figures, *ratios)


def print_table(results):
    print(ROW.format(*HEADINGS))
    for name in results.timed:
        wrong = results.wrong(name)
        print(row_of(results, name) + (f"  WRONG: {wrong}" if wrong else ""))


def print_targets(results, targets):
    for target in targets:
        try:
            met, text = target.judge(results)
        except Wrong as e:
            met, text = False, f"{target}: {e}"
        print(f"  {'met    ' if met else 'NOT MET'}  {text}")


# ---- The program ----


def claim_build():
    """Two measurements at once would measure each other. What an earlier one left behind when it was killed goes away."""
    lock = open(f"{BUILD}/lock", "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise RuntimeError("another measurement is running") from None
    for folder in glob.glob(f"{BUILD}/run-*"):
        shutil.rmtree(folder)
    return lock


def bench(name, file_system):
    workload = WORKLOADS[name]
    os.makedirs(BUILD, exist_ok=True)
    print(f"== {name}: {workload.title}; output on {file_system}", flush=True)
    with ExitStack() as at_end:
        at_end.enter_context(claim_build())
        corpus.make(WWW, workload.kind)
        home = at_end.enter_context(tempfile.TemporaryDirectory(prefix="run-", dir=BUILD))
        out = at_end.enter_context(output.FILE_SYSTEMS[file_system](home))
        site = SITES[workload.site](workload, home)
        at_end.callback(servers.stop, site.server)
        results = Bench(workload, site, home, out).run_all()
    print_table(results)
    print_targets(results, workload.targets)
    return 1 if any(results.wrong(program) for program in results.timed) else 0


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in WORKLOADS or sys.argv[2] not in output.FILE_SYSTEMS:
        sys.exit(f"usage: web.py {'|'.join(WORKLOADS)} {'|'.join(output.FILE_SYSTEMS)}")
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    measure.adopt_orphans()
    try:
        sys.exit(bench(sys.argv[1], sys.argv[2]))
    except (OSError, RuntimeError, subprocess.CalledProcessError) as e:
        sys.exit(f"bench: {sys.argv[1]}: {e}")
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


if __name__ == "__main__":
    main()

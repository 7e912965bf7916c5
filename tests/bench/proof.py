"""Crawls real documentation with forage, wget and httrack, and compares what they asked for and what it took. proof.py ext4|tmpfs,
from the project's root.

What was asked for is read from the server's log. Each difference between the programs is printed with the reason that EXPLANATIONS has for it;
one without a reason makes the exit status 1. ROUNDS in the environment is how often each program runs (3)."""
import collections
import glob
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import urllib.parse
from contextlib import ExitStack
from dataclasses import dataclass

import corpus
import measure
import output
import servers

BUILD = os.path.abspath("build/bench")
ROUNDS = 3

FORAGE = "build/release/forage --quiet --recursive --requisites --follow-nofollow --robots off --delay 0 --output {out} "
# No program obeys robots.txt or nofollow, waits between two requests or has a limit of depth or rate. All stay on the host.
PROGRAMS = {
    "forage -c 1": FORAGE + "--connections 1 --per-host 1 {url}",
    "wget": "wget --quiet --recursive --level=inf --execute robots=off --no-host-directories --directory-prefix={out} {url}",
    "forage -c 8": FORAGE + "--connections 8 --per-host 8 {url}",
    "httrack -c8": "httrack {url} -O {out} --quiet --can-go-up-and-down --robots=0 --sockets=8 --connection-per-second=100000"
    " --max-rate=1000000000 --disable-security-limits --index=0",
    "forage": FORAGE + "{url}",
}
PAIRS = (("forage -c 1", "wget"), ("forage -c 8", "httrack -c8"), ("forage", "wget"), ("forage", "httrack -c8"))


@dataclass(frozen=True)
class Site:
    package: str
    folder: str  # a pattern: the newest of those that match
    start: str


SITES = {
    "python3-doc": Site("python3-doc", "/usr/share/doc/python3.*/html", "index.html"),
    "cppreference": Site("cppreference-doc-en-html", "/usr/share/cppreference/doc/html", "en/index.html"),
}


@dataclass(frozen=True)
class Explanation:
    program: str  # the one that differs from forage, by the beginning of its name
    asks: bool  # it asks for what forage does not; else the other way round
    site: str
    target: str  # a regular expression
    reason: str


EXPLANATIONS = (
    Explanation(
        "wget", True, "python3-doc", r"/opensearch\.xml$", "<link rel=search> names the description of a form, no page and nothing that a page needs"
    ),
    Explanation("httrack", True, "python3-doc", r"/opensearch\.xml$", "the same"),
    Explanation("httrack", False, "cppreference", r"\.ttf$", 'it does not see url( "...") with a blank behind the bracket'),
    Explanation("httrack", False, "cppreference", r"/common/skins/", "it takes // within a data: URL for a comment to the end of the line, and the style sheet is one line"),
    Explanation("httrack", False, "cppreference", r"px-math-atan2\.png$", "it does not read srcset"),
)


# ---- What was asked for ----


@dataclass
class Asked:
    statuses: dict  # target, decoded: status
    referrers: dict  # target, decoded: the page it was found on
    twice: list  # targets that were asked for more than once


def decoded(target):
    """The same resource in whatever way it is escaped."""
    path, mark, query = target.partition("?")
    return urllib.parse.unquote(path) + mark + urllib.parse.unquote(query)


def read_log(path, start):
    counts, statuses, referrers = collections.Counter(), {}, {}
    with open(path) as log:
        log.seek(start)
        for line in log:
            status, method, target, referrer = line.rstrip("\n").split(" ", 3)
            if method == "GET" and target != "/robots.txt":
                counts[decoded(target)] += 1
                statuses[decoded(target)] = int(status)
                referrers[decoded(target)] = urllib.parse.urlsplit(referrer).path
    return Asked(statuses, referrers, sorted(target for target, count in counts.items() if count > 1))


# ---- Runs ----


class Proof:
    def __init__(self, name, home, out):
        self.name, self.home, self.out = name, home, out
        self.log = f"{home}/log"
        self.said = f"{home}/said"
        self.folder = sorted(glob.glob(SITES[name].folder))[-1]
        os.makedirs(f"{home}/www")
        os.symlink(self.folder, f"{home}/www/doc")
        self.server, port = servers.start_nginx(f"{home}/nginx", f"{home}/www", self.log)
        self.url = f"http://127.0.0.1:{port}/doc/{SITES[name].start}"

    def run(self, program):
        shutil.rmtree(self.out, ignore_errors=True)
        os.makedirs(self.out)
        os.sync()
        start = os.path.getsize(self.log)
        command = PROGRAMS[program].format(out=self.out, url=self.url)
        run = measure.run(command.split(), self.home, self.said)
        return run, read_log(self.log, start)

    def run_all(self):
        """Each program in turn; what it asked for must be the same each time."""
        runs, asked = {name: [] for name in PROGRAMS}, {}
        for _ in range(int(os.environ.get("ROUNDS", ROUNDS))):
            for name in PROGRAMS:
                run, targets = self.run(name)
                runs[name].append(run)
                if asked.setdefault(name, targets).statuses != targets.statuses:
                    print(f"  {name}: another set of pages than in the round before")
                if name == "forage":
                    self.kept = corpus.fingerprints(self.out)
        return runs, asked

    def served(self, targets):
        """The fingerprints of the files behind the targets that were found."""
        paths = [f"{self.home}/www{target.partition('?')[0]}" for target, status in targets.statuses.items() if status == 200]
        paths = [f"{path}/index.html" if os.path.isdir(path) else path for path in paths]
        return sorted(corpus.fingerprint(path) for path in paths)


# ---- Results ----


def print_runs(runs, asked):
    print(f"  {'':<12}{'wall s':>9}{'pages/s':>10}{'CPU s':>8}{'CPU us/page':>13}{'pages':>8}{'not found':>11}{'twice':>7}")
    for name, done in runs.items():
        statuses = collections.Counter(asked[name].statuses.values())
        wall = statistics.median(run.wall for run in done)
        cpu = statistics.median(run.cpu for run in done)
        pages = statuses[200]
        print(
            f"  {name:<12}{wall:>9.3f}{pages / wall:>10.1f}{cpu:>8.2f}{1e6 * cpu / pages:>13.1f}{pages:>8}{statuses[404]:>11}"
            f"{len(asked[name].twice):>7}"
        )
    for ours, theirs in PAIRS:
        for figure in ("wall", "cpu"):
            pairs = zip(runs[theirs], runs[ours])
            ratio = statistics.median(getattr(t, figure) / getattr(o, figure) for t, o in pairs)
            print(f"  {figure} of {theirs} / {ours}: {ratio:.2f}")


def reason_for(site, program, asks, target):
    for e in EXPLANATIONS:
        if program.startswith(e.program) and asks == e.asks and site == e.site and re.search(e.target, target):
            return e.reason
    return None


def print_differences(site, program, theirs, ours):
    """Returns how many differences have no reason."""
    unexplained = 0
    for asks, more, less in ((True, theirs, ours), (False, ours, theirs)):
        targets = sorted(set(more.statuses) - set(less.statuses))
        who = f"{program} alone" if asks else f"forage, not {program}"
        print(f"  asked for by {who}: {len(targets)}")
        for target in targets:
            reason = reason_for(site, program, asks, target)
            unexplained += reason is None
            print(f"    {more.statuses[target]} {target}, linked from {more.referrers[target]}: {reason or 'NO REASON'}")
    return unexplained


def prove(name, file_system):
    print(f"== proof: {name}; output on {file_system}", flush=True)
    with ExitStack() as at_end:
        home = at_end.enter_context(tempfile.TemporaryDirectory(prefix="run-", dir=BUILD))
        out = at_end.enter_context(output.FILE_SYSTEMS[file_system](home))
        proof = Proof(name, home, out)
        at_end.callback(servers.stop, proof.server)
        runs, asked = proof.run_all()
        same_files = proof.kept == proof.served(asked["forage"])
        shutil.rmtree(out)
    print_runs(runs, asked)
    wrong = sum(print_differences(name, other, asked[other], asked["forage"]) for other in PROGRAMS if other != "forage")
    if not same_files:
        print("  forage kept other bytes than were served")
    if asked["forage"].twice:
        print(f"  forage asked twice for {asked['forage'].twice[:10]}")
    return wrong == 0 and same_files and not asked["forage"].twice


def main():
    if len(sys.argv) != 2 or sys.argv[1] not in output.FILE_SYSTEMS:
        sys.exit(f"usage: proof.py {'|'.join(output.FILE_SYSTEMS)}")
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    measure.adopt_orphans()
    os.makedirs(BUILD, exist_ok=True)
    missing = [site.package for site in SITES.values() if not glob.glob(site.folder)]
    missing += [program for program in ("wget", "httrack") if not shutil.which(program)]
    if missing:
        sys.exit(f"bench: proof: not installed: {' '.join(missing)}")
    try:
        results = [prove(name, sys.argv[1]) for name in SITES]
    except (OSError, RuntimeError, subprocess.CalledProcessError) as e:
        sys.exit(f"bench: proof: {e}")
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()

"""What is measured: the pages, the programs with their commands, and the targets that forage has to meet."""
from dataclasses import dataclass

# Each program has the options that make it fastest here.
# The others read no robots.txt, and remember nothing of a page for the next run, so forage is told not to; "remembering"
# is what it does when it is not told.
REMEMBERING = "build/release/forage --quiet --robots off --output {out}"
FORAGE = REMEMBERING + " --no-state"
CURL = "curl --silent --parallel --parallel-immediate --parallel-max {most} --config {curl}"
# wget2's default is to note in extended attributes where a file came from, which on ext4 takes longer than fetching it.
WGET2 = (
    "wget2 --quiet --no-hsts --no-xattr --no-directories --max-threads={most}"
    " --input-file={list} --directory-prefix={out}"
)
# aria2c syncs each file to the disk that it wrote, and has no option not to.
ARIA2 = (
    "aria2c --quiet --file-allocation=none --auto-save-interval=0 --max-download-result=0 --deferred-input=true"
    " --async-dns=false --disk-cache=64M --max-concurrent-downloads=16 --split=1 --input-file={list} --dir={out}"
)
POOL = "python3 tests/bench/urlopen_pool.py {list} {out}"
# Bare sockets and files: what the work itself takes. A target that this does not meet, nothing does.
FLOOR = "build/release/tests/bench_floor {list} {out} 2 {most}"
# The same for whoever leaves HTTP to libcurl.
FLOOR_CURL = FLOOR.replace("bench_floor", "bench_floor_curl")


def with_most(command, most):
    return command.replace("{most}", str(most))


# ---- Targets: judge() returns whether it is met, and in words what was asked and what came out ----


def of_floor(results, figure):
    """What FIGURE, which gets a program's name, is of the floors that ran."""
    floors = [f"{name}'s: {figure(name):.2f}" for name in ("floor", "libcurl floor") if name in results.timed]
    return f" ({', '.join(floors)})" if floors else ""


@dataclass(frozen=True)
class Faster:
    """forage's wall time against the fastest of some programs."""

    factor: float
    families: tuple  # what their names begin with

    def judge(self, results):
        peer = results.best(self.families, "wall")
        ratio = results.ratio(peer, "wall")
        floor = of_floor(results, lambda name: results.ratio(peer, "wall", to=name))
        return ratio >= self.factor, f"wall time of {peer} at least {self.factor} x forage's: {ratio:.2f}{floor}"


@dataclass(frozen=True)
class Cheaper:
    """forage's processor time against the cheapest of some programs."""

    families: tuple

    def judge(self, results):
        peer = results.best(self.families, "cpu")
        ratio = results.ratio(peer, "cpu")
        return ratio >= 1, f"processor time no more than that of {peer}: {1 / ratio:.2f} of it"


@dataclass(frozen=True)
class CostsAtMost:
    """What one program takes against what another does."""

    factor: float
    peer: str
    program: str = "forage"
    figure: str = "wall"

    def judge(self, results):
        ratio = results.ratio(self.program, self.figure, to=self.peer)
        return ratio <= self.factor, f"{self.figure} time of {self.program} at most {self.factor} x {self.peer}'s: {ratio:.2f}"


@dataclass(frozen=True)
class Within:
    """A program's wall time in seconds."""

    seconds: float
    program: str
    floor: str

    def judge(self, results):
        wall = results.median(self.program, "wall")
        floor = results.median(self.floor, "wall")
        return wall <= self.seconds, f"{self.program} within {self.seconds:.3f} s: {wall:.3f} s (the floor: {floor:.3f} s)"


@dataclass(frozen=True)
class Below:
    """The memory of all processes of forage together."""

    mib: float

    def judge(self, results):
        peak = results.peak("forage")
        return peak < self.mib, f"peak memory under {self.mib} MiB: {peak:.1f} MiB"


# ---- Workloads ----


@dataclass(frozen=True)
class Workload:
    title: str
    programs: dict  # name: command
    targets: list
    site: str  # who serves: "files", "latency" or "gone"
    kind: str = "small"  # of corpus.KINDS
    count: int = 0  # pages; 0: all of the kind
    hosts: int = 1
    rounds: int = 0  # 0: as many as ROUNDS says
    status: int = 0  # what forage exits with
    complaints: int = 0  # lines that forage says on standard error


LATENCY_MS = 50
LATENCY_PAGES = 5000
LATENCY_CONNECTIONS = (64, 256, 1024)


def small(title, hosts):
    programs = {
        "forage": FORAGE + " --connections 64 --per-host 64 {list}",
        "remembering": REMEMBERING + " --connections 64 --per-host 64 {list}",
        "curl 64": with_most(CURL, 64),
        "curl 200": with_most(CURL, 200),
        "wget2 8": with_most(WGET2, 8),
        "wget2 xattr": with_most(WGET2, 8).replace(" --no-xattr", ""),
        "aria2c": ARIA2,
        "urlopen": POOL,
        "libcurl floor": with_most(FLOOR_CURL, 32),
        "floor": with_most(FLOOR, 32),
    }
    targets = [
        Faster(1.6, ("curl",)),
        Faster(2.5, ("wget2",)),
        Faster(10, ("aria2c",)),
        Faster(6, ("urlopen",)),
        Cheaper(("curl",)),
    ]
    return Workload(title, programs, targets, "files", hosts=hosts)


def latency():
    programs, targets = {}, []
    for n in LATENCY_CONNECTIONS:
        name = f"forage {n}"
        ideal = LATENCY_PAGES * LATENCY_MS / 1000 / n
        programs[name] = FORAGE + f" --connections {n} --per-host {n} {{list}}"
        programs[f"floor {n}"] = with_most(FLOOR, n // 2)
        targets.append(Within(1.1 * ideal, name, f"floor {n}"))
    title = f"5,000 pages of 15 KiB from one host, each after {LATENCY_MS} ms"
    return Workload(title, programs, targets, "latency", count=LATENCY_PAGES)


def large(title, kind, options, most):
    programs = {"forage": FORAGE + options + " {list}", "remembering": REMEMBERING + options + " {list}"}
    for n in most:
        programs[f"curl {n}"] = with_most(CURL, n)
        programs[f"wget2 {n}"] = with_most(WGET2, n)
    programs["floor"] = with_most(FLOOR, (most[0] + 1) // 2)
    targets = [Faster(1, ("curl", "wget2")), Below(64)]
    return Workload(title, programs, targets, "files", kind=kind, hosts=50)


def one():
    programs = {"forage": FORAGE + " {url}", "curl": "curl --silent --output {out}/page {url}"}
    return Workload("one page of 15 KiB", programs, [CostsAtMost(2, "curl")], "files", count=1, rounds=20)


# The answer is an error, for a million files would measure the file system.
def memory():
    programs = {"forage": FORAGE + " --per-host 64 {list}"}
    title = "a list of 1,000,000 URLs on fifty hosts, each answered with 404"
    return Workload(title, programs, [Below(150)], "gone", count=1000000, hosts=50, rounds=1, status=8, complaints=1000000)


def remember():
    programs = {
        "forage": FORAGE + " --per-host 64 {list}",
        "remembering": REMEMBERING + " --per-host 64 {list}",
    }
    targets = [CostsAtMost(1.15, "forage", "remembering", figure) for figure in ("wall", "cpu")]
    return Workload("10,000 pages of 15 KiB from fifty hosts, with state and without", programs, targets, "files", hosts=50)


WORKLOADS = {
    "small1": small("10,000 pages of 15 KiB from one host", 1),
    "small50": small("10,000 pages of 15 KiB from fifty hosts", 50),
    "remember": remember(),
    "latency": latency(),
    "mid": large("200 files of 1 MiB from fifty hosts", "mid", " --connections 12", (8, 64)),
    "big": large("4 files of 256 MiB from four hosts", "big", " --max-size 1G --workers 4", (4,)),
    "one": one(),
    "memory": memory(),
}

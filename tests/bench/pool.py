"""CPython's side of bench_pool: prints tasks/s of apply_async, items/s of map, GB/s of results of 1 MiB."""
import multiprocessing
import sys
import time

SINGLES, ITEMS, BIG, ROUNDS = 50_000, 1_000_000, 200, 3


def same(x):
    return x


def big(_):
    return bytes(1 << 20)


def apply_async(pool):
    results = [pool.apply_async(same, (i,)) for i in range(SINGLES)]
    for result in results:
        result.get()
    return SINGLES


def map_all(pool):
    pool.map(same, range(ITEMS))
    return ITEMS


def big_results(pool):
    results = [pool.apply_async(big, (i,)) for i in range(BIG)]
    return sum(len(result.get()) for result in results) / 1e9


def best(run, pool):
    most = 0
    for _ in range(ROUNDS):
        start = time.perf_counter()
        done = run(pool)
        most = max(most, done / (time.perf_counter() - start))
    return most


if __name__ == "__main__":
    with multiprocessing.get_context("fork").Pool(int(sys.argv[1])) as pool:
        print(*(best(run, pool) for run in (apply_async, map_all, big_results)))

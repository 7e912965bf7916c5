"""Start and join processes that do nothing, one batch after the other; print the microseconds for each process."""
import multiprocessing
import sys
import time


def nothing():
    pass


def batch(count):
    processes = [multiprocessing.Process(target=nothing) for _ in range(count)]
    for p in processes:
        p.start()
    for p in processes:
        p.join()
    assert all(p.exitcode == 0 for p in processes)


if __name__ == "__main__":
    multiprocessing.set_start_method("fork")
    count, rounds = int(sys.argv[1]), int(sys.argv[2])
    batch(count)
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        batch(count)
        times.append(time.perf_counter() - begin)
    print(sorted(times)[rounds // 2] / count * 1e6)

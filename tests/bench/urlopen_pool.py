"""A peer, the usual Python crawler: a pool of processes fetches, a callback writes. urlopen_pool.py LIST FOLDER"""
import multiprocessing
import sys
import urllib.request

PROCESSES = 8


def fetch(url):
    with urllib.request.urlopen(url) as answer:
        return url, answer.read()


def save(result):
    url, body = result
    with open(f"{sys.argv[2]}/{url.rsplit('/', 1)[1]}", "wb") as file:
        file.write(body)


if __name__ == "__main__":
    with open(sys.argv[1]) as urls, multiprocessing.Pool(PROCESSES) as pool:
        for line in urls:
            pool.apply_async(fetch, (line.strip(),), callback=save)
        pool.close()
        pool.join()

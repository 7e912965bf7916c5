"""What is served: files of three sizes, made once below build/bench/www and always with the same bytes."""
import os
import random
import shutil
import zlib
from dataclasses import dataclass

KIB, MIB = 1024, 1024 * 1024


@dataclass(frozen=True)
class Kind:
    count: int
    size: int
    suffix: str

    def name(self, number):
        return f"{number:05d}{self.suffix}"


KINDS = {
    "small": Kind(10000, 15 * KIB, ".html"),
    "mid": Kind(200, MIB, ".bin"),
    "big": Kind(4, 256 * MIB, ".bin"),
}

SYLLABLES = "ba de fi go hu ka le mi no pu ra se ti vo wu ya ze".split()
WORDS = ["".join(random.Random(i).choices(SYLLABLES, k=1 + i % 4)) for i in range(600)]


def link(chance):
    target = KINDS["small"].name(chance.randrange(KINDS["small"].count))
    return f'<a href="/small/{target}">{chance.choice(WORDS)}</a>'


def paragraph(chance):
    words = chance.choices(WORDS, k=60)
    for place in chance.sample(range(60), 4):
        words[place] = link(chance)
    return f"<p>{' '.join(words)}.</p>\n"


def page(number, size):
    """HTML of exactly SIZE bytes: text, links, and a comment that fills it up."""
    chance = random.Random(number)
    title = " ".join(chance.choices(WORDS, k=5))
    text = f'<!DOCTYPE html>\n<html><head><meta charset="utf-8"><title>{title}</title></head>\n<body><h1>{title}</h1>\n'
    end = "</body></html>\n"
    while len(text) < size - 1000:
        text += paragraph(chance)
    text += "<!--" + "." * (size - len(text) - len(end) - 7) + "-->"
    return (text + end).encode()


def write_file(path, number, kind):
    chance = random.Random(number)
    with open(path, "wb") as file:
        if kind.suffix == ".html":
            file.write(page(number, kind.size))
        else:
            for _ in range(kind.size // MIB):
                file.write(chance.randbytes(MIB))


def make(www, name):
    """Make the files of one kind unless they are there. Their folder gets its name last: one that is there is whole."""
    folder, unfinished = f"{www}/{name}", f"{www}/{name}.unfinished"
    if os.path.isdir(folder):
        return
    shutil.rmtree(unfinished, ignore_errors=True)
    os.makedirs(unfinished)
    kind = KINDS[name]
    for number in range(kind.count):
        write_file(f"{unfinished}/{kind.name(number)}", number, kind)
    os.rename(unfinished, folder)


def fingerprint(path):
    """The size and the checksum of a file."""
    size = checksum = 0
    with open(path, "rb") as file:
        while block := file.read(MIB):
            size += len(block)
            checksum = zlib.crc32(block, checksum)
    return size, checksum


def fingerprints(folder):
    """Those of all files below FOLDER, in order, but for folders that begin with a dot: forage keeps its notes in one."""
    found = []
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [fingerprint(f"{parent}/{name}") for name in files]
    return sorted(found)

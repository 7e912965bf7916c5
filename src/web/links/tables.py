#!/usr/bin/env python3
"""Writes entities_table.c and tokenizer_slots.c, from Python's own list of named character references and from the names
in tokenizer_names.h. Run it by hand after a change of that header: src/web/links/tables.py"""
import html.entities
import pathlib
import random
import re
import subprocess

FOLDER = pathlib.Path(__file__).resolve().parent
HEADING = "/* Written by tables.py; not to be edited. */\n"
ASTRAL, ASTRAL_BASE, PAIR, PAIR_END, LEGACY = 0xD800, 0x1D400, 0xE000, 0xF000, 0x8000
SLOT_BITS = 10


def numbers(values):
    return ", ".join(str(value) for value in values)


def write(name, text):
    path = FOLDER / name
    path.write_text(HEADING + text)
    subprocess.run(["clang-format", "-i", str(path)], check=True)


def entity_value(text, pairs):
    points = [ord(character) for character in text]
    if len(points) == 2:
        pairs.append(points)
        assert len(pairs) <= PAIR_END - PAIR
        return PAIR + len(pairs) - 1
    point = points[0]
    if point >= ASTRAL_BASE:
        point = ASTRAL + point - ASTRAL_BASE
        assert point < PAIR
    else:
        assert point < ASTRAL or PAIR_END <= point < 0x10000
    return point


def write_entities():
    references = html.entities.html5
    names = sorted({name.rstrip(";") for name in references}, key=str.encode)
    assert all(name + ";" in references for name in names)
    pairs, values, starts, at = [], [], [], 0
    for name in names:
        starts.append(at | (LEGACY if name in references else 0))
        values.append(entity_value(references[name + ";"], pairs))
        at += len(name)
    assert at < LEGACY
    starts.append(at)
    everything = "".join(names)
    lines = "\n".join(f'    "{everything[i:i + 110]}"' for i in range(0, len(everything), 110))
    write("entities_table.c", f"""#include "web/links/entities_table.h"

const char entity_names[] =
{lines};

const uint16_t entity_at[ENTITY_COUNT + 1] = {{{numbers(starts)}}};

const uint16_t entity_values[ENTITY_COUNT] = {{{numbers(values)}}};

const uint16_t entity_pairs[][2] = {{{", ".join("{" + numbers(pair) + "}" for pair in pairs)}}};
""")
    print(f"{len(names)} entities, {len(references)} with legacy forms, {len(pairs)} pairs")


def find_multiplier(keys):
    """One that spreads KEYS over the slots without a collision. Slot of key 0 belongs to no name."""
    generator = random.Random(1)
    while True:
        multiplier = generator.getrandbits(64) | 1
        slots = {key * multiplier % 2**64 >> (64 - SLOT_BITS) for key in keys}
        if len(slots) == len(keys):
            return multiplier


def write_slots():
    header = (FOLDER / "tokenizer_names.h").read_text()
    names = re.findall(r'X\((\w+), "([^"]*)"', header)
    assert names[0] == ("OTHER", "") and len(names) < 256
    assert all(len(text) <= 16 for _, text in names)
    keys = [int.from_bytes(text.encode()[:8].ljust(8, b"\0"), "little") for _, text in names]
    assert len(set(keys)) == len(keys), "two names share their first eight bytes"
    multiplier = find_multiplier(keys)
    slots = [0] * (1 << SLOT_BITS)
    for index, key in enumerate(keys):
        slots[key * multiplier % 2**64 >> (64 - SLOT_BITS)] = index
    write("tokenizer_slots.c", f"""#include "web/links/tokenizer_names.h"

const uint64_t html_slot_multiplier = UINT64_C({multiplier:#x});

const uint8_t html_slots[1 << HTML_SLOT_BITS] = {{{numbers(slots)}}};
""")
    print(f"{len(names)} names")


if __name__ == "__main__":
    write_entities()
    write_slots()

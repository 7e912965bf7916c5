/* The named character references, as tables.py wrote them. Private to entities.c. */
#ifndef WEB_ENTITIES_TABLE_H
#define WEB_ENTITIES_TABLE_H

#include <stdint.h>

enum {
    ENTITY_COUNT = 2125,
    ENTITY_LEGACY = 0x8000, /* in entity_at: the name also counts without its semicolon */
    ENTITY_ASTRAL = 0xD800, /* values from here to 0xDFFF mean U+1D400 and on: real ones are no surrogates */
    ENTITY_ASTRAL_BASE = 0x1D400,
    ENTITY_PAIR = 0xE000, /* values from here to 0xEFFF are ENTITY_PAIR + an index of entity_pairs: private use else */
    ENTITY_PAIR_END = 0xF000
};

/* All names without '&' and ';', sorted by their bytes, one behind the other. */
extern const char entity_names[];

/* Where each name begins, and at the end where the last one ends. */
extern const uint16_t entity_at[ENTITY_COUNT + 1];

/* The code point of each name. */
extern const uint16_t entity_values[ENTITY_COUNT];

/* The names that stand for two code points. */
extern const uint16_t entity_pairs[][2];

#endif

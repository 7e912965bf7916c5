/* A URL as it is stored beside another one: how many bytes the two have in common at their start, a space, and the
 * rest; "" for none. A page and the one it was found on are mostly neighbours, so this takes some ten to twenty bytes
 * where the whole takes eighty, and unlike a reference to the other's row it says what it means whatever becomes of
 * that row.
 *
 * Pure. Context: any thread. */
#ifndef STORE_STATE_RELATIVE_H
#define STORE_STATE_RELATIVE_H

#include <stdbool.h>
#include <stddef.h>

struct state_relative {
    size_t common;    /* bytes of the base that come first */
    const char *rest; /* borrowed */
    size_t rest_len;
};

/* URL as it is beside BASE. */
struct state_relative state_relative_of(const char *base, size_t base_len, const char *url, size_t url_len);

enum { STATE_RELATIVE_PREFIX_MAX = 8 };

/* Write how the stored text begins, which REST follows. Returns its length, 0 when both parts are empty. */
size_t state_relative_prefix(const struct state_relative *relative, char prefix[STATE_RELATIVE_PREFIX_MAX]);

/* What STORED says. False when it is no such text, or has more in common than the BASE_LEN bytes that there are. */
bool state_relative_parse(const char *stored, size_t len, size_t base_len, struct state_relative *relative);

#endif

/* HTTP Strict Transport Security (RFC 6797): which hosts are to be asked over https only.
 *
 * hsts_new, hsts_load, then hsts_set for each answer over https and hsts_applies before each request, hsts_save,
 * hsts_free. A table is used by one thread. No function does I/O: NOW is the time in seconds since 1970, and files are
 * texts.
 *
 * A host with dots at its end is the host without them, so that a dot is no way around. */
#ifndef WEB_HSTS_H
#define WEB_HSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "web/url/url.h"

/* The most hosts that a table holds. Once it is full and none has expired, further hosts are not taken: what is
 * protected stays so. */
enum { HSTS_HOSTS_MAX = 100000 };

struct hsts;

/* NULL when memory is out. */
struct hsts *hsts_new(void);

/* Take the Strict-Transport-Security header VALUE of an answer from FROM; of several such headers only the first counts
 * (section 8.1). A max-age of 0 takes the host out.
 *
 * Returns true when it was obeyed; false, with the table as it was, when FROM is not https or an IP address, the value
 * is malformed in any part (section 6.1 leaves nothing to repair), the table is full, or memory is out. The caller has
 * seen to it that the certificate was valid. */
bool hsts_set(struct hsts *hsts, const struct url *from, const char *value, size_t len, int64_t now);

/* Whether a request to TO has to go over https: its host is known, or a domain above it with includeSubDomains. Says so
 * for an https URL, too. Takes time in proportion to the host's labels. */
bool hsts_applies(const struct hsts *hsts, const struct url *to, int64_t now);

/* Fill OUT with FROM, an http URL, as https (section 8.3): the default port 80 becomes 443, another port stays. */
enum url_status hsts_upgrade(const struct url *from, struct url *out);

/* PROBLEM is a constant text. */
typedef void hsts_report(void *context, size_t line, const char *problem);

/* Add the hosts of a file in the format of curl's HSTS cache: a host, with a dot before it for includeSubDomains, and
 * "YYYYMMDD HH:MM:SS" in quotes, or "unlimited". Of two entries for one host the one that lasts longer counts.
 *
 * Lines that are wrong are reported by number, from 1, and left out; expired ones are left out silently. REPORT may be
 * NULL. False when memory is out, with a part of the file loaded. */
bool hsts_load(struct hsts *hsts, const char *text, size_t len, int64_t now, hsts_report *report, void *context);

/* Append the table as such a file, sorted by host. False, with OUT as it was, when memory is out. */
bool hsts_save(const struct hsts *hsts, int64_t now, struct buffer *out);

size_t hsts_count(const struct hsts *hsts);

/* Accepts NULL. */
void hsts_free(struct hsts *hsts);

#endif

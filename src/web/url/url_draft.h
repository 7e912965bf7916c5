/* A URL while it is being written: text in a scratch area and where its parts begin. Private to the URL parser.
 *
 * The scratch area is made large enough for any result before the first byte is written (url_parse.c says why), so the
 * functions that write need no checks of room, except for a host that libidn2 makes. */
#ifndef WEB_URL_DRAFT_H
#define WEB_URL_DRAFT_H

#include "web/url/url.h"

/* What a host may add beyond three bytes for each byte read: an address is written out, a domain name is encoded. */
enum { URL_HOST_ROOM = 1024 };

struct url_draft {
    char *text;
    size_t len;
    size_t user_at, user_len;
    size_t password_at, password_len;
    size_t host_at, host_len;
    size_t path_at;
    size_t query_at; /* behind the '?'; 0 when there is none */
    enum url_scheme scheme;
    enum url_host_kind host_kind;
    uint8_t address[16];
    uint16_t port;
    bool has_port;
};

/* Append the host FROM..TO in canonical form (URL standard section 3.5). Returns URL_OK or one of URL_HOST_*. */
enum url_status url_draft_host(struct url_draft *d, const char *from, const char *to);

/* Append the path that begins at FROM, dot segments resolved, to what of a base's path is there already.
 * Returns where it stopped: at '?', '#' or END. */
const char *url_draft_path(struct url_draft *d, const char *from, const char *end);

/* Take the last segment off the path. */
void url_draft_shorten(struct url_draft *d);

/* Append FROM..TO, percent-encoding the bytes in SET (CHAR_ENCODE_*). */
void url_draft_encode(struct url_draft *d, const char *from, const char *to, unsigned set);

static inline void url_draft_char(struct url_draft *d, char c)
{
    d->text[d->len++] = c;
}

void url_draft_append(struct url_draft *d, const char *text, size_t len);

/* Make OUT of the finished draft. Returns URL_OK, URL_TOO_LONG or URL_NO_MEMORY. */
enum url_status url_draft_finish(const struct url_draft *d, struct url *out);

#endif

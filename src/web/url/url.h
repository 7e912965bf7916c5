/* URLs as the WHATWG URL standard reads them, restricted to what a crawler can ask for: http and https.
 *
 * url_parse or url_parse_line fill a struct url; its views and href are read; url_release ends it. A struct url that
 * was never filled may be zeroes, and url_release accepts it. No function here blocks or keeps state; one struct url is
 * used by one thread at a time.
 *
 * The canonical form is the standard's href without the fragment. Parsing it again gives the same text. Bytes of a path
 * or query that are not ASCII are percent-encoded one by one, so text is taken as UTF-8 and anything else reaches the
 * server as the bytes that were written. */
#ifndef WEB_URL_H
#define WEB_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* The longest canonical URL in bytes, and the longest input that is read as one, blanks around it not counted. */
enum { URL_MAX_BYTES = 65536 };

#define URL_STATUS_TABLE(X)                                                                                            \
    X(URL_OK, "success")                                                                                               \
    X(URL_EMPTY, "the URL is empty")                                                                                   \
    X(URL_TOO_LONG, "the URL is longer than 64 KiB")                                                                   \
    X(URL_SCHEME, "the scheme is not http or https")                                                                   \
    X(URL_RELATIVE, "a relative URL needs a base")                                                                     \
    X(URL_HOST_EMPTY, "the URL has no host")                                                                           \
    X(URL_HOST_CHARACTER, "the host contains a character that no host name may have")                                  \
    X(URL_HOST_NAME, "the host is not a valid international domain name")                                              \
    X(URL_HOST_IPV4, "the host ends in a number but is not an IPv4 address")                                           \
    X(URL_HOST_IPV6, "the host is not a valid IPv6 address in brackets")                                               \
    X(URL_PORT, "the port is not a number from 0 to 65535")                                                            \
    X(URL_LINE_OPTION, "the line begins with '-' like an option, not like a URL")                                      \
    X(URL_LINE_AT, "the line begins with '@'")                                                                         \
    X(URL_LINE_QUOTE, "the line begins with a quotation mark, not with a URL")                                         \
    X(URL_LINE_CONTROL, "the line contains a control character")                                                       \
    X(URL_LINE_USER, "a user name before the host needs http:// or https:// in front")                                 \
    X(URL_NO_MEMORY, "out of memory")

enum url_status { STATUS_ENUM(URL_STATUS_TABLE) URL_STATUS_COUNT };

enum url_scheme { URL_HTTP, URL_HTTPS };

enum url_host_kind { URL_HOST_IS_NAME, URL_HOST_IS_IPV4, URL_HOST_IS_IPV6 };

/* A run of bytes inside a struct url's own memory. Not terminated, except where a field says so. */
struct url_part {
    const char *at;
    size_t len;
};

struct url {
    char *href; /* canonical, without fragment, terminated; owned, together with all the views below */
    size_t href_len;
    const char *href_public; /* href without user name and password, terminated: for logs and messages */
    struct url_part origin;  /* scheme://host[:port], a prefix of href_public */
    struct url_part username, password;
    struct url_part host;   /* lower case, ASCII; an IPv6 address keeps its brackets */
    struct url_part path;   /* never empty */
    struct url_part query;  /* without its '?'; see has_query */
    struct url_part target; /* path and query as a request line has them */
    enum url_scheme scheme;
    enum url_host_kind host_kind;
    uint8_t address[16]; /* of an IP literal, network order: 4 bytes of IPv4 or 16 of IPv6 */
    uint16_t port;       /* the default when none is written */
    bool has_port;       /* a port other than the default is written */
    bool has_query;      /* '?' is there, even if nothing follows it */
};

/* Parse INPUT, relative to BASE when it is not NULL.
 *
 * Returns URL_OK; URL_SCHEME for anything with another scheme, however it goes on (file:, data:, mailto:); or what is
 * wrong. On failure OUT is as it was. Takes time linear in LEN.
 * Ownership: borrows INPUT and BASE for the call; OUT owns its memory until url_release. OUT may not be BASE. */
enum url_status url_parse(struct url *out, const char *input, size_t len, const struct url *base);

/* Parse one line of a list, where a host without a scheme (example.com, example.com:8080/x, [::1]/x, //host/x) is http.
 *
 * Blanks around it and a line end are not part of it. Beyond the statuses of url_parse: URL_LINE_OPTION, URL_LINE_AT,
 * URL_LINE_QUOTE, URL_LINE_CONTROL and URL_LINE_USER for lines that only look like a URL. A single name in front of digits is a host
 * and a port (localhost:8080) unless the name is a scheme in common use. */
enum url_status url_parse_line(struct url *out, const char *line, size_t len);

/* Make TO a copy of FROM. Returns URL_OK or URL_NO_MEMORY. */
enum url_status url_copy(struct url *to, const struct url *from);

bool url_same_host(const struct url *a, const struct url *b);

/* The same scheme, host and port. */
bool url_same_origin(const struct url *a, const struct url *b);

uint16_t url_default_port(enum url_scheme scheme);

/* A constant text for STATUS, never NULL, made to stand behind "file:line: ". */
const char *url_status_text(enum url_status status);

/* Free what URL owns and leave zeroes. Accepts NULL. */
void url_release(struct url *url);

#endif

/* Why a URL was not fetched: one word each, as the log and the summary show it.
 *
 * The words are the user's: adding one is a change of the log's format (README.md, "The log"). */
#ifndef FETCH_ERROR_H
#define FETCH_ERROR_H

#include <curl/curl.h>
#include <stdbool.h>

#define FETCH_ERROR_TABLE(X)                                                                                           \
    X(FETCH_OK, "")                                                                                                    \
    X(FETCH_TIMEOUT, "timeout")         /* no connection, no answer or no progress in time */                          \
    X(FETCH_TRUNCATED, "truncated")     /* the body ended before its length, its last chunk or its coding said */      \
    X(FETCH_TOO_LARGE, "too-large")     /* more bytes than allowed, decoded or on the wire */                          \
    X(FETCH_PROTOCOL, "protocol")       /* not HTTP, or HTTP that no client should accept */                           \
    X(FETCH_CODING, "coding")           /* a Content-Encoding that is unknown or does not decode */                    \
    X(FETCH_RESET, "reset")             /* the connection broke */                                                     \
    X(FETCH_EMPTY, "empty")             /* the server closed without a byte of answer */                               \
    X(FETCH_REFUSED, "refused")         /* the connection was refused */                                               \
    X(FETCH_UNREACHABLE, "unreachable") /* no route, or no address that answers */                                     \
    X(FETCH_REDIRECT, "redirect")       /* too many redirects, a loop, or a Location that is no URL */                 \
    X(FETCH_SCHEME, "scheme")           /* a redirect to something that is neither http nor https */                   \
    X(FETCH_URL, "url")                 /* the URL cannot be requested as it was checked */                            \
    X(FETCH_DNS, "dns")                 /* the host name does not resolve */                                           \
    X(FETCH_TLS, "tls")                 /* the handshake failed or the certificate is not trusted */                   \
    X(FETCH_ROBOTS, "robots")           /* robots.txt disallows it, or was answered with 5xx */                        \
    X(FETCH_SCOPE, "scope")             /* outside what the user asked for */                                          \
    X(FETCH_BLOCKED, "blocked")         /* an address inside the own network that no list names */                     \
    X(FETCH_LOST, "lost")               /* every worker that fetched it died */                                        \
    X(FETCH_IO, "io")                   /* the file could not be written, or memory ran out */

#define FETCH_ERROR_ENTRY(name, text) name,
enum fetch_error { FETCH_ERROR_TABLE(FETCH_ERROR_ENTRY) FETCH_ERROR_COUNT };
#undef FETCH_ERROR_ENTRY

/* The word of ERROR; never NULL. */
const char *fetch_error_word(enum fetch_error error);

/* The error that libcurl's CODE stands for, given errno of its last system call (0: none), its WORDS (never NULL), and
 * whether the head of an answer was complete, so that what ended was a body. */
enum fetch_error fetch_error_of_curl(CURLcode code, long os_errno, const char *words, bool in_body);

#endif

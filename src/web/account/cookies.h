/* Cookies as RFC 6265 keeps them, and RFC 6265bis where it is stricter.
 *
 * cookie_jar_new, cookie_jar_load, then cookies_set for each Set-Cookie of an answer and cookies_header for each
 * request, cookie_jar_save, cookie_jar_free. A jar belongs to one run and to one thread. No function does I/O: NOW is
 * the time in seconds since 1970, and files are texts.
 *
 * Accounts are told apart by name; most requests have none (COOKIE_NO_ACCOUNT). What a server sets for one account is
 * sent for that one alone, so that two accounts at one host never share a session. The limits are for all of them
 * together.
 *
 * The number of cookies is bounded. When a limit is met, cookies that have expired go first, then the one whose last
 * use is longest ago, of the domain, the site (the registrable domain) or the jar, whichever is full. So a flood from
 * one site leaves the others' cookies alone, and one over plain http never pushes out a Secure cookie of the same
 * domain.
 *
 * Values are secrets: what the jar frees it wipes first. The caller does the same with the texts it gets. */
#ifndef WEB_COOKIES_H
#define WEB_COOKIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/status.h"
#include "web/url/url.h"

enum {
    COOKIE_BYTES_MAX = 4096, /* name and value together */
    COOKIE_PATH_MAX = 1024,  /* the same holds for any attribute's value */
    COOKIE_DAYS_MAX = 400,   /* how far from now a server may put the expiry; a file may have any */
    COOKIES_PER_DOMAIN = 50,
    COOKIES_PER_SITE = 1000,
    COOKIES_MAX = 3000,
    COOKIE_HEADER_MAX = 8190 /* cookies that would make the header's value longer are not sent */
};

#define COOKIE_STATUS_TABLE(X)                                                                                         \
    X(COOKIE_OK, "success")                                                                                            \
    X(COOKIE_SYNTAX, "not a name and a value with '=' between them")                                                   \
    X(COOKIE_LINE, "not the seven fields of a cookie file")                                                            \
    X(COOKIE_CONTROL, "a control character")                                                                           \
    X(COOKIE_TOO_LONG, "too long")                                                                                     \
    X(COOKIE_DOMAIN, "the domain is not the host's own")                                                               \
    X(COOKIE_PUBLIC_SUFFIX, "the domain is a public suffix")                                                           \
    X(COOKIE_INSECURE, "a Secure cookie cannot be set or replaced over http")                                          \
    X(COOKIE_PREFIX, "the cookie is not what the prefix of its name promises")                                         \
    X(COOKIE_FULL, "too many cookies")                                                                                 \
    X(COOKIE_NO_MEMORY, "out of memory")

enum cookie_status { STATUS_ENUM(COOKIE_STATUS_TABLE) COOKIE_STATUS_COUNT };

struct cookie_jar;

#define COOKIE_NO_ACCOUNT ((struct url_part){"", 0})

/* NULL when memory is out. */
struct cookie_jar *cookie_jar_new(void);

/* Keep, replace or delete what one Set-Cookie header of the answer from FROM to ACCOUNT says; SET_COOKIE is its value.
 * ACCOUNT counts as part of the cookie where COOKIE_BYTES_MAX is concerned.
 *
 * Returns COOKIE_OK, or why it was not obeyed. Takes time linear in LEN, and what the limits bound. */
enum cookie_status cookies_set(struct cookie_jar *jar, struct url_part account, const struct url *from,
                               const char *set_cookie, size_t len, int64_t now);

/* Append to OUT the value of the Cookie header for ACCOUNT's request to TO: "a=1; b=2", or nothing when the jar has
 * nothing for it.
 *
 * Longer paths come first, then older cookies. Takes time in proportion to the host's labels and to the cookies of its
 * domains, however many others there are. False, with OUT as it was, when memory is out. */
bool cookies_header(struct cookie_jar *jar, struct url_part account, const struct url *to, int64_t now,
                    struct buffer *out);

/* PROBLEM is a constant text that holds nothing of the file. */
typedef void cookie_report(void *context, size_t line, const char *problem);

/* Add the cookies of a Netscape file, as curl, wget and browsers write it, for requests without an account. Lines that
 * are wrong are reported by number, from 1, and left out; so are cookies for which there is no room. Expired ones are
 * left out silently.
 *
 * REPORT may be NULL. False when memory is out, with a part of the file loaded. */
bool cookie_jar_load(struct cookie_jar *jar, const char *text, size_t len, int64_t now, cookie_report *report,
                     void *context);

/* Append the jar as such a file, oldest cookies first, without those of accounts, which the format does not know.
 * Session cookies are in it with the expiry 0. False, with OUT as it was, when memory is out. */
bool cookie_jar_save(const struct cookie_jar *jar, int64_t now, struct buffer *out);

/* How many cookies the jar holds, among them those that expired and have not made room yet. */
size_t cookie_jar_count(const struct cookie_jar *jar);

/* A constant text for STATUS, never NULL. */
const char *cookie_status_text(enum cookie_status status);

/* Accepts NULL. */
void cookie_jar_free(struct cookie_jar *jar);

#endif

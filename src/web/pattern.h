/* The host pattern: what of a host's name becomes the name of its page.
 *
 * pattern_new compiles once; pattern_name asks, as often as wanted; pattern_free ends it. A pattern is used by one
 * thread at a time. The documents' pattern is (?:www\.)?(.*)\.com, which makes baidu of www.baidu.com. */
#ifndef WEB_PATTERN_H
#define WEB_PATTERN_H

#include <stddef.h>

#include "base/buffer.h"
#include "base/status.h"
#include "web/regex.h"

#define PATTERN_STATUS_TABLE(X)                                                                                        \
    X(PATTERN_OK, "success")                                                                                           \
    X(PATTERN_SYNTAX, "the host pattern is not a regular expression")                                                  \
    X(PATTERN_TOO_HARD, "matching the host took more steps or memory than allowed")                                    \
    X(PATTERN_NO_MEMORY, "out of memory")

enum pattern_status { STATUS_ENUM(PATTERN_STATUS_TABLE) PATTERN_STATUS_COUNT };

struct pattern;

/* Compile REGEX (PCRE2 syntax, letters of either case match); NULL for the built-in default, which needs no regex: the
 * host without a leading "www." and a trailing ".com".
 *
 * Returns PATTERN_OK, PATTERN_SYNTAX with ERROR filled in, or PATTERN_NO_MEMORY. ERROR may be NULL.
 * Context: maps executable memory where the kernel allows it, so it is called before a sandbox forbids that. */
enum pattern_status pattern_new(struct pattern **out, const char *regex, struct regex_error *error);

/* Append to NAME the first group's text, or the whole match when the pattern has no group.
 *
 * A host that does not match, or whose group is unset or empty, gives the host itself. The work is bounded:
 * PATTERN_TOO_HARD when a limit was met, with the host itself appended. PATTERN_NO_MEMORY leaves NAME as it was. */
enum pattern_status pattern_name(struct pattern *pattern, const char *host, size_t len, struct buffer *name);

/* A constant text for STATUS, never NULL. */
const char *pattern_status_text(enum pattern_status status);

/* Accepts NULL. */
void pattern_free(struct pattern *pattern);

#endif

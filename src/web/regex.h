/* Regular expressions of the user's: PCRE2 with the JIT compiler, where there is one, and with limits for a match.
 *
 * regex_new for each expression, regex_matcher_new once for all that one thread matches; regex_match as often as
 * wanted; regex_free, regex_matcher_free. Subjects are bytes, not UTF-8: URLs and hosts are ASCII. */
#ifndef WEB_REGEX_H
#define WEB_REGEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum regex_status { REGEX_OK, REGEX_SYNTAX, REGEX_NO_MEMORY };

/* Why an expression does not compile: PCRE2's own words, and how many bytes into it. */
struct regex_error {
    char message[160];
    size_t offset;
};

struct regex;

/* Compile TEXT; CASELESS: letters of either case match.
 *
 * Returns REGEX_OK, REGEX_SYNTAX with ERROR filled in, or REGEX_NO_MEMORY. ERROR may be NULL.
 * Context: maps executable memory where the kernel allows it, so it is called before a sandbox forbids that; without,
 * matching is slower. */
enum regex_status regex_new(struct regex **out, const char *text, bool caseless, struct regex_error *error);

/* What a match works with, and its limits. It is used by one thread at a time. */
struct regex_matcher;

/* Let a match take at most STEPS steps, as PCRE2 counts them; its memory is bounded, too. NULL when memory is out. */
struct regex_matcher *regex_matcher_new(uint32_t steps);

enum regex_result {
    REGEX_MATCHES,
    REGEX_MATCHES_NOT,
    REGEX_TOO_HARD,      /* a limit was met */
    REGEX_OUT_OF_MEMORY, /* so was the machine's */
};

/* A part of a subject; begin == end: it is empty, or there is none. */
struct regex_part {
    size_t begin, end;
};

/* Look for REGEX anywhere in the LEN bytes at SUBJECT. When it matches, PART, which may be NULL, is the text of the
 * first group, or of the whole match when the expression has no group. Never blocks. */
enum regex_result regex_match(const struct regex *regex, struct regex_matcher *matcher, const char *subject, size_t len,
                              struct regex_part *part);

/* Write the version of PCRE2 that is in use, without its date, into VERSION. */
void regex_library(char *version, size_t size);

/* Both accept NULL. */
void regex_matcher_free(struct regex_matcher *matcher);
void regex_free(struct regex *regex);

#endif

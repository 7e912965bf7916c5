/* A netrc file's logins, by host.
 *
 * netrc_parse, netrc_find as often as wanted, netrc_free, which wipes them. A parsed file does not change, so threads
 * may share it.
 *
 * The syntax is what curl reads: words between blanks and line ends; machine NAME or default, then login, password and
 * account with a word each, in any order; macdef up to a blank line is skipped. A word in double quotes may hold blanks
 * and escapes: \n, \r and \t, and a backslash before anything else stands for that. A word that begins with '#' outside
 * quotes makes the rest of its line a comment, so such a password needs quotes. */
#ifndef WEB_NETRC_H
#define WEB_NETRC_H

#include <stdbool.h>
#include <stddef.h>

enum { NETRC_BYTES_MAX = 1 << 20, NETRC_WORD_MAX = 4096 };

struct netrc;

/* PROBLEM is a constant text that holds nothing of the file. */
typedef void netrc_report(void *context, size_t line, const char *problem);

/* What is wrong is reported by line, from 1, and the machine that it is in has no login: control characters, also those
 * that escapes make; words that are too long; quotes that do not end on their line; unknown words. A file longer than
 * NETRC_BYTES_MAX is reported as line 0 and counts as empty. REPORT may be NULL. Takes linear time. Returns NULL when
 * memory is out.
 * Ownership: borrows TEXT for the call, and leaves wiping it to the caller. */
struct netrc *netrc_parse(const char *text, size_t len, netrc_report *report, void *context);

/* Terminated texts, owned by the struct netrc. */
struct netrc_login {
    const char *user, *password; /* the password is "" when the entry has none */
    bool is_default;             /* no entry names the host; this one is of "default" */
};

/* The login for HOST (letters of either case match; an IPv6 address with or without brackets): the first entry with a
 * login, or the first whose login is USER unless that is NULL.
 *
 * The default entry answers for hosts that no machine names, wherever in the file it stands. A host that is named never
 * gets it, even when its own entries do not fit. */
bool netrc_find(const struct netrc *netrc, const char *host, size_t len, const char *user, struct netrc_login *login);

/* Accepts NULL. */
void netrc_free(struct netrc *netrc);

#endif

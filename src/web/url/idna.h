/* Domain names beyond ASCII, as the URL standard's "domain to ASCII" (beStrict false) has them.
 *
 * That is UTS #46 with CheckHyphens, UseSTD3ASCIIRules and VerifyDnsLength off, CheckBidi and CheckJoiners on, and
 * non-transitional processing. Pure functions. */
#ifndef WEB_IDNA_H
#define WEB_IDNA_H

#include <stdbool.h>
#include <stddef.h>

/* No name of more bytes is read or made. DNS allows 253; punycode takes quadratic time, so there must be a limit. */
enum { IDNA_MAX_BYTES = 1024 };

/* Convert DOMAIN (UTF-8, not percent-encoded) to ASCII in OUT, which has room for IDNA_MAX_BYTES; not terminated.
 *
 * False when the domain is not valid; OUT may have been written to. Characters that are valid in a domain but not in a
 * URL's host are the caller's to check. */
bool idna_to_ascii(const char *domain, size_t len, char *out, size_t *out_len);

#endif

/* Splits a srcset attribute into its image candidates (HTML standard section 4.8.4.3.10).
 *
 * Candidates whose descriptors are not valid are left out, as the standard demands. Pure; linear. */
#ifndef WEB_SRCSET_H
#define WEB_SRCSET_H

#include <stdbool.h>
#include <stddef.h>

struct srcset {
    const char *at, *end;
};

struct srcset_candidate {
    const char *url;
    size_t url_len;
};

void srcset_init(struct srcset *srcset, const char *text, size_t len);

/* The next candidate; false at the end. Its text lies inside what srcset_init was given. */
bool srcset_next(struct srcset *srcset, struct srcset_candidate *candidate);

#endif

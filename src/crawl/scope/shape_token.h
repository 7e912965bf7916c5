/* What of a URL looks as if it was drawn at random. Private to shapes. Context: anywhere; pure. */
#ifndef CRAWL_SCOPE_SHAPE_TOKEN_H
#define CRAWL_SCOPE_SHAPE_TOKEN_H

#include <stdbool.h>

#include "web/url/url.h"

/* A text without a name, a segment of a path for example, that is a token. */
bool token_looks_random(struct url_part text);

enum token { TOKEN_NONE, TOKEN_BY_LOOKS, TOKEN_BY_NAME };

/* What a parameter's value is. */
enum token token_of_value(struct url_part name, struct url_part value);

/* Split TEXT at its first C: the part before is returned, and TEXT is what is behind; it is {NULL, 0} when there was no
 * C. */
struct url_part token_split(struct url_part *text, char c);

#endif

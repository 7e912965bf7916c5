/* Bodies of the fixture: their bytes as a script, and that script under a content coding. */
#ifndef SUPPORT_FIXTURE_CODING_H
#define SUPPORT_FIXTURE_CODING_H

#include "support/fixture.h"
#include "support/fixture_script.h"

/* The bytes of REPLY's body before any coding. */
void coding_source(const struct fixture_reply *reply, struct script *body);

/* Replace *BODY by its coded form. A generated body of any size is coded in constant time and memory: a block is coded
 * once, and its coded form is repeated. */
void coding_apply(const struct fixture_reply *reply, struct script *body);

/* The word for Content-Encoding: "gzip" or "deflate"; NULL for none. */
const char *coding_name(enum fixture_coding coding);

#endif

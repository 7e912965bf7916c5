/* The name of a page's file, made of its URL and its media type and of nothing else but for the folder's case.
 *
 * The rules, for a site whose folder is SITE (store/name/site.h):
 *
 *   root       the path "/" without a query                        SITE.html            (or the type's extension)
 *   natural    a last segment whose own extension fits, no query   SITE/a/photo.jpg
 *   added      any other last segment, no query                    SITE/a/today~.html   SITE/x.php~.html
 *   index      an empty last segment, no query                     SITE/a/index~.html
 *   query      a short query of safe characters                    SITE/a/list~page=2.html   SITE/a/index~q.html
 *   folder     a middle segment, with '~' if it ends in an extension   SITE/v1.2~/x.html
 *   hash       everything else                                     SITE/PREFIX~~TAG.html, directly below SITE
 *   error      the body of an error answer, beside the page's      SITE/a/today~.html~~404.html
 *
 * An extension is a dot and one to eight letters and digits. It fits an answer in HTML if it is .html, .htm or .xhtml,
 * and any other answer whatever it is. Added extensions are those of the media type; without a media type, the URL's
 * own, or .html when it has none. In all forms but the last, segments and query consist of safe characters
 * (store/name/safe.h), which '~' and '/' are not; no segment begins with '.' or '-' or ends in '.'; the query is not
 * empty; no component is longer than SAFE_COMPONENT_MAX, and the whole within NAME_BYTES_MAX and NAME_LEVELS_MAX. A
 * last segment that is just "index" never takes the forms added and query. TAG is that of path and query together.
 *
 * The body of an error answer has a name of its own, so that it never takes the place of the last good page.
 *
 * Why no two URLs of a site share a file, whatever their media types: the URL can be read back from the name.
 *   1. Only the root is not below SITE/.
 *   2. The form error alone ends in "~~", three digits and an extension (TAG is longer); without that it is a page's
 *      name. Below SITE/, a last component with "~~" is otherwise of the form hash, and one without is not: in added
 *      and index the only '~' is followed by '.', in query by a character of the query. For the form hash, the tag
 *      stands for the URL (two differ in 80 bits of SHA-256).
 *   3. In the other forms, each folder without its final '~' is a middle segment, because segments hold no '~'.
 *   4. A last component without '~' is a natural last segment. Otherwise take away the extension, which is what follows
 *      the last dot, and split the rest at its only '~': on the right is the query, or nothing when there is none; on
 *      the left the last segment, where "index" stands for the empty one, because "index" itself never comes here.
 *
 * Why a file is never also a folder: every file's name ends in an extension. No folder's does: a middle segment that
 * would gets a '~' at its end, and SITE ends in none that the root's file can have.
 *
 * The URL is canonical (WHATWG URL), but nothing here relies on it: a path or query of any bytes gets a safe name.
 *
 * Names are told apart by case. In a folder that does not (name_parts.without_case, which sites_without_case tells),
 * what is not of the right case (safe_without_case) takes the form hash, and all of that is lower case: then 1. to 4.
 * hold for names whose case is ignored, too. So does a query that is but a number, because "long name.txt" may also be
 * called LONGNA~1.TXT there. Sites' names are lower case, because hosts are.
 *
 * Context: any thread; never blocks. */
#ifndef STORE_NAME_H
#define STORE_NAME_H

#include "store/status.h"

#include <stdbool.h>

enum {
    NAME_BYTES_MAX = 1024,           /* of a page's name */
    NAME_SIZE = NAME_BYTES_MAX + 16, /* of a buffer for any name */
    NAME_LEVELS_MAX = 32,            /* components, the file and SITE included */
    NAME_QUERY_MAX = 64,
};

struct name_parts {
    const char *site;       /* what sites_name gave */
    const char *path;       /* percent-encoded, begins with '/' */
    const char *query;      /* without its '?'; NULL when the URL has none, which differs from "" */
    const char *media_type; /* of the answer; NULL when none was given */
    unsigned error_status;  /* 400 to 999: this is the body of an error answer; else 0 */
    bool without_case;      /* the folder takes names that differ in case for one */
};

/* Write the name, relative to the output folder. Returns STORE_OK, STORE_INVALID (PARTS->site is no name of a site), or
 * STORE_NO_MEMORY; NAME has no meaning then. */
enum store_status name_make(const struct name_parts *parts, char name[NAME_SIZE]);

#endif

/* Texts of any bytes as JSON. Context: anywhere; never blocks. */
#ifndef CRAWL_OUTPUTS_JSON_TEXT_H
#define CRAWL_OUTPUTS_JSON_TEXT_H

#include <jansson.h>

/* TEXT as a JSON string. The name of a file or folder may be no UTF-8: then '?' stands for each byte that is not
 * printable ASCII. NULL when memory is out. The reference is the caller's. */
json_t *json_text(const char *text);

#endif

#include "web/links/tokenizer_names.h"

#define HTML_NAME_ENTRY(name, text, flags) {text, flags, sizeof(text) - 1},

const struct html_name_entry html_names[HTML_NAME_COUNT] = {HTML_NAME_TABLE(HTML_NAME_ENTRY)};

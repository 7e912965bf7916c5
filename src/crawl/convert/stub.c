#include "crawl/convert/convert.h"
enum convert_status convert_run(const char *dir, struct state *state, const struct convert_options *options, struct convert_summary *summary) { (void)dir; (void)state; (void)options; (void)summary; return CONVERT_OK; }
const char *convert_status_text(enum convert_status status) { (void)status; return ""; }

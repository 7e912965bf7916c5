#include "crawl/discovery/discovery.h"
void discovery_kept(struct crawl *c, const struct job *job, const uint8_t digest[PAGES_DIGEST_BYTES]) { (void)c; (void)job; (void)digest; }

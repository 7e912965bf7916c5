/* A real browser without a window: Chromium, driven over its DevTools pipe.
 *
 *     struct browser *b = browser_start();               // NULL: there is none on this machine
 *     json_t *page = browser_visit(b, "file:///tmp/x.html", "document.title");
 *     cr_assert_str_eq(text_member(page, "error"), "");
 *     json_decref(page);
 *     browser_stop(b);
 *
 * It reaches no network: every host is unknown to it. A failure of the browser itself ends the test (support.h).
 *
 * Context: one thread. The browser is killed when that thread ends. */
#ifndef SUPPORT_BROWSER_H
#define SUPPORT_BROWSER_H

#include <jansson.h>

struct browser;

/* Start it; NULL when no chromium is installed. */
struct browser *browser_start(void);

/* Open URL, wait until all of it is loaded, and evaluate SCRIPT there. Returns, to be freed by the caller, an object:
 * "error", a text, "" when URL was loaded; "url", where the browser is then; "failed", an array of the URLs of what the
 * page needs and did not get; "value", what SCRIPT gave, as JSON. */
json_t *browser_visit(struct browser *browser, const char *url, const char *script);

/* Accepts NULL. */
void browser_stop(struct browser *browser);

#endif

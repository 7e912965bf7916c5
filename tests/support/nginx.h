/* nginx on a free port of 127.0.0.1: for what the fixture does not speak (TLS, HTTP/2), and as a second opinion.
 *
 *     struct nginx *n = nginx_start(&(struct nginx_options){.folder = site, .tls = true, .http2 = true});
 *     ... run the client against nginx_url(n, "/a.html"), trusting nginx_ca_file(n) ...
 *     nginx_stop(n);
 *
 * It keeps all its files in a temporary folder, needs no rights, and dies with the thread that started it. A failure of
 * nginx itself ends the test, with its words. Texts are borrowed until nginx_stop unless said otherwise. */
#ifndef SUPPORT_NGINX_H
#define SUPPORT_NGINX_H

#include "support/certificate.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nginx;

/* Zero is the default of every field. */
struct nginx_options {
    const char *folder;                /* served at /, absolute; NULL: an empty folder */
    bool tls;                          /* speak HTTPS only */
    enum certificate_kind certificate; /* with TLS; for localhost, 127.0.0.1 and NAMES */
    const char *const *names;          /* ended by NULL */
    bool http2;                        /* with TLS: offered beside HTTP/1.1 */
    const char *server_lines;          /* more configuration within server { } */
    const char *http_lines;            /* and within http { } */
};

/* Whether nginx is installed; a test that needs it skips itself without. */
bool nginx_is_installed(void);

/* Serves when it returns. OPTIONS may be NULL. */
struct nginx *nginx_start(const struct nginx_options *options);

/* NULL is fine. */
void nginx_stop(struct nginx *n);

uint16_t nginx_port(const struct nginx *n);
const char *nginx_folder(const struct nginx *n);  /* what it serves */
const char *nginx_ca_file(const struct nginx *n); /* with TLS: the authority to trust */

/* "http://127.0.0.1:PORT/PATH", with TLS https; or with another name. */
const char *nginx_url(struct nginx *n, const char *path);
const char *nginx_url_at(struct nginx *n, const char *host, const char *path);

/* Wait until COUNT requests have been logged, and return the log (freed by the caller); NULL when time is up. A line is
 * "CONNECTION PROTOCOL METHOD TARGET STATUS SESSION": "3 HTTP/2.0 GET /a.html 200 ." ("r": TLS session reused). */
char *nginx_wait_requests(struct nginx *n, size_t count, int timeout_ms);

#endif

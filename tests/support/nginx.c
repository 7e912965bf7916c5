#include "support/nginx.h"

#include "support/files.h"
#include "support/run.h"
#include "support/support.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { READY_MS = 10000, LIFE_MS = 10 * 60 * 1000, LOOK_MS = 5, PORT_TRIES = 5, URLS_MOST = 64 };

static const char installed[] = "/usr/sbin/nginx";

struct nginx {
    struct run run;
    uint16_t port;
    bool tls;
    char *home;   /* its temporary folder */
    char *folder; /* what it serves */
    char *ca_file, *pid_file, *access_log;
    char *urls[URLS_MOST];
    size_t url_count;
};

bool nginx_is_installed(void)
{
    return access(installed, X_OK) == 0;
}

/* ---- Configuration ---- */

static const char main_lines[] = "daemon off;\n"
                                 "master_process off;\n"
                                 "pid nginx.pid;\n"
                                 "error_log stderr warn;\n"
                                 "events { worker_connections 1024; }\n"
                                 "http {\n"
                                 "client_body_temp_path temp;\n"
                                 "proxy_temp_path temp;\n"
                                 "fastcgi_temp_path temp;\n"
                                 "uwsgi_temp_path temp;\n"
                                 "scgi_temp_path temp;\n"
                                 "types { text/html html; text/plain txt; application/xml xml; application/gzip gz; }\n"
                                 "default_type application/octet-stream;\n"
                                 "keepalive_requests 1000000;\n"
                                 "log_format forage '$connection $server_protocol $request_method $request_uri "
                                 "$status $ssl_session_reused';\n"
                                 "access_log access.log forage;\n";

static void write_configuration(const struct nginx *n, const struct nginx_options *options)
{
    char *path = files_path(n->home, "nginx.conf");
    char *text = support_format("%s%s\nserver {\nlisten 127.0.0.1:%u%s%s;\nroot \"%s\";\n%s%s\n}\n}\n", main_lines,
                                options->http_lines ? options->http_lines : "", n->port, n->tls ? " ssl" : "",
                                n->tls && options->http2 ? " http2" : "", n->folder,
                                n->tls ? "ssl_certificate server.pem;\nssl_certificate_key server.key;\n" : "",
                                options->server_lines ? options->server_lines : "");
    files_write(path, text, -1);
    free(text);
    free(path);
}

/* ---- Start and stop ---- */

/* The process id is written after the sockets listen: an answer on the port could come from another server. */
static bool is_ready(struct nginx *n)
{
    if (!files_exists(n->pid_file))
        return false;
    int fd = support_connect(n->port, READY_MS);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* Try one port. False: it was taken meanwhile. */
static bool start_at(struct nginx *n, const struct nginx_options *options)
{
    int64_t deadline = support_deadline_ns(READY_MS);
    n->port = support_free_port();
    write_configuration(n, options);
    n->run = (struct run){.program = installed, .working_folder = n->home, .time_limit_ms = LIFE_MS};
    run_start(&n->run, (const char *const[]){"-p", n->home, "-c", "nginx.conf", "-e", "stderr", NULL});
    while (support_left_ms(deadline)) {
        if (is_ready(n))
            return true;
        if (run_wait_end(&n->run, LOOK_MS))
            break;
    }
    run_signal(&n->run, SIGKILL);
    run_wait(&n->run);
    if (!text_has(n->run.err, "Address already in use"))
        support_fail("nginx does not start: %s", n->run.err);
    run_release(&n->run);
    return false;
}

struct nginx *nginx_start(const struct nginx_options *options)
{
    static const struct nginx_options nothing;
    struct nginx *n = support_alloc(sizeof *n);
    if (!options)
        options = &nothing;
    if (!nginx_is_installed())
        support_fail("%s is not there", installed);
    n->home = files_temp_folder();
    n->folder = options->folder ? support_format("%s", options->folder) : files_path(n->home, "site");
    n->ca_file = files_path(n->home, "ca.pem");
    n->pid_file = files_path(n->home, "nginx.pid");
    n->access_log = files_path(n->home, "access.log");
    n->tls = options->tls;
    if (n->tls)
        certificate_make(n->home, options->certificate, options->names);
    for (int tries = 1; !start_at(n, options); tries++)
        if (tries == PORT_TRIES)
            support_fail("no port for nginx");
    return n;
}

void nginx_stop(struct nginx *n)
{
    if (!n)
        return;
    run_signal(&n->run, SIGTERM);
    run_wait(&n->run);
    run_release(&n->run);
    files_remove(n->home);
    for (size_t i = 0; i < n->url_count; i++)
        free(n->urls[i]);
    free(n->home);
    free(n->folder);
    free(n->ca_file);
    free(n->pid_file);
    free(n->access_log);
    free(n);
}

/* ---- Inspect ---- */

uint16_t nginx_port(const struct nginx *n)
{
    return n->port;
}

const char *nginx_folder(const struct nginx *n)
{
    return n->folder;
}

const char *nginx_ca_file(const struct nginx *n)
{
    return n->ca_file;
}

const char *nginx_url_at(struct nginx *n, const char *host, const char *path)
{
    if (n->url_count == URLS_MOST)
        support_fail("more than %d URLs of one nginx", URLS_MOST);
    return n->urls[n->url_count++] = support_format("http%s://%s:%u%s", n->tls ? "s" : "", host, n->port, path);
}

const char *nginx_url(struct nginx *n, const char *path)
{
    return nginx_url_at(n, "127.0.0.1", path);
}

char *nginx_wait_requests(struct nginx *n, size_t count, int timeout_ms)
{
    int64_t deadline = support_deadline_ns(timeout_ms);
    do {
        char *log = files_read(n->access_log, NULL);
        if (text_times(log, "\n") >= count)
            return log;
        free(log);
    } while (!run_wait_end(&n->run, LOOK_MS) && support_left_ms(deadline));
    return NULL;
}

/* demo_site DIR: a few sites on loopback, for trying the crawler without a network.
 *
 * Serves DIR/HOST/PATH for the Host that a client names (index.html for /), on 127.0.0.1. Prints the port, which
 * the system picks, and a line end on standard output. Ends when its standard input closes or its parent dies.
 *
 * What is not a plain file under a plain name in DIR gets 404: names are of letters, digits, '.', '-' and '_', do not
 * begin with a dot, and are no links. */
#include "support/fixture.h"
#include "support/support.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LARGEST_PAGE = 16 << 20 };

static const struct kind {
    const char *ending, *type;
} kinds[] = {
    {".html", "text/html; charset=utf-8"},
    {".txt", "text/plain; charset=utf-8"},
    {".xml", "application/xml"},
};

static const char *type_of(const char *target)
{
    size_t len = strcspn(target, "?");
    for (size_t i = 0; i < SUPPORT_COUNT(kinds); i++) {
        size_t ending = strlen(kinds[i].ending);
        if (len >= ending && strncmp(target + len - ending, kinds[i].ending, ending) == 0)
            return kinds[i].type;
    }
    return target[len - 1] == '/' ? kinds[0].type : "application/octet-stream";
}

/* Open LEN bytes at NAME within FOLDER, which is closed. -1 for anything but a plain name of what is no link. */
static int step(int folder, const char *name, size_t len, int flags)
{
    char plain[256];
    int fd = -1;
    bool is_plain = len > 0 && len < sizeof plain && name[0] != '.';
    for (size_t i = 0; is_plain && i < len; i++) {
        plain[i] = (char)tolower((unsigned char)name[i]);
        is_plain = isalnum((unsigned char)name[i]) || strchr(".-_", name[i]);
    }
    if (is_plain && folder >= 0) {
        plain[len] = '\0';
        fd = openat(folder, plain, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    }
    if (folder >= 0)
        close(folder);
    return fd;
}

static int open_page(int sites, const char *host, const char *target)
{
    int fd = step(dup(sites), host, strcspn(host, ":"), O_PATH | O_DIRECTORY);
    const char *at = target, *end = target + strcspn(target, "?");
    if (*at != '/')
        fd = step(fd, "", 0, 0);
    for (at++; at < end && memchr(at, '/', (size_t)(end - at)); at += strcspn(at, "/") + 1)
        fd = step(fd, at, strcspn(at, "/"), O_PATH | O_DIRECTORY);
    if (at < end)
        return step(fd, at, (size_t)(end - at), O_RDONLY);
    return step(fd, "index.html", strlen("index.html"), O_RDONLY);
}

static int read_page(int fd, struct fixture_reply *reply)
{
    struct stat status;
    if (fstat(fd, &status) || !S_ISREG(status.st_mode) || status.st_size > LARGEST_PAGE)
        return -1;
    size_t size = (size_t)status.st_size, len = 0;
    char *page = support_alloc(size);
    for (ssize_t got; len < size && (got = read(fd, page + len, size - len)) > 0;)
        len += (size_t)got;
    reply->owned = page;
    reply->body = page;
    reply->body_len = len;
    return 0;
}

static int serve_file(const struct fixture_request *request, struct fixture_reply *reply, void *context)
{
    const int *sites = context;
    bool reads = strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;
    int fd = reads ? open_page(*sites, request->host, request->target) : -1;
    if (fd < 0)
        return -1;
    int result = read_page(fd, reply);
    reply->type = type_of(request->target);
    close(fd);
    return result;
}

static void wait_for_end_of_input(void)
{
    char ignored[256];
    ssize_t len;
    do
        len = read(STDIN_FILENO, ignored, sizeof ignored);
    while (len > 0 || (len < 0 && errno == EINTR));
}

int main(int argc, char **argv)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int sites = argc == 2 ? open(argv[1], O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    if (sites < 0) {
        fprintf(stderr, "usage: demo_site DIR\n");
        return 2;
    }
    struct fixture *f = fixture_start(&(struct fixture_options){.fallback = serve_file, .context = &sites});
    printf("%u\n", fixture_port(f));
    fflush(stdout);
    wait_for_end_of_input();
    fixture_stop(f);
    close(sites);
    return 0;
}

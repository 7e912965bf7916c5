/* The least that fetching a list takes here: what any client has to do, and nothing else. Processes with bare sockets
 * that are kept open, as much HTTP as the measured servers need, and files put in place whole; no library, no second
 * look at anything, no record of it. Who is asked to be faster than this is asked for the impossible.
 *
 * bench_floor LIST FOLDER PROCESSES CONNECTIONS: fetch the URLs of LIST (http://ADDRESS:PORT/..., a line each, with
 * different last segments, which name the files) with so many processes of so many connections each. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BUFFER_BYTES = 256 * 1024, REQUEST_MOST = 4096, EVENTS = 256, SERVERS_MOST = 64, CONNECTIONS_MOST = 4096 };

struct server {
    struct sockaddr_in address;
    char name[32];
    char **paths; /* of what is asked of it */
    size_t count;
};

static struct server servers[SERVERS_MOST];
static unsigned server_count;
static _Atomic size_t *taken; /* of each server's URLs, by all processes */
static int folder;

struct connection {
    int fd;
    struct server *server;
    const char *path; /* what it asks for */
    bool in_body;
    int file;          /* -1: not begun */
    size_t left;       /* bytes of the body that are not in the file */
    size_t start, end; /* of what the buffer holds */
    char *buffer;
};

static void fail(const char *what)
{
    fprintf(stderr, "bench_floor: %s: %s\n", what, strerror(errno));
    _exit(1);
}

static void refuse(const char *what, const char *why)
{
    fprintf(stderr, "bench_floor: %s: %s\n", what, why);
    _exit(1);
}

/* ---- The list ---- */

static struct server *server_named(const char *name)
{
    for (unsigned i = 0; i < server_count; i++)
        if (!strcmp(servers[i].name, name))
            return &servers[i];
    if (server_count == SERVERS_MOST)
        refuse(name, "too many servers");
    struct server *s = &servers[server_count++];
    char address[32];
    unsigned port;
    s->address.sin_family = AF_INET;
    if (sscanf(name, "%31[0-9.]:%u", address, &port) != 2 || inet_pton(AF_INET, address, &s->address.sin_addr) != 1)
        refuse(name, "no address and port");
    s->address.sin_port = htons((uint16_t)port);
    snprintf(s->name, sizeof s->name, "%s", name);
    return s;
}

static void add_line(const char *line)
{
    char name[32];
    int begins = 0;
    if (sscanf(line, "http://%31[0-9.:]%n", name, &begins) != 1 || line[begins] != '/')
        refuse(line, "is not http://ADDRESS:PORT/...");
    struct server *s = server_named(name);
    char **paths = realloc(s->paths, (s->count + 1) * sizeof *paths), *path = strdup(line + begins);
    if (!paths || !path)
        fail("the list");
    s->paths = paths;
    s->paths[s->count++] = path;
}

static void read_list(const char *path)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t len;
    FILE *list = fopen(path, "re");
    if (!list)
        fail(path);
    while ((len = getline(&line, &size, list)) > 0) {
        line[strcspn(line, "\n")] = '\0';
        add_line(line);
    }
    free(line);
    fclose(list);
}

/* ---- A connection ---- */

static void make_socket(struct connection *c)
{
    const int on = 1;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&c->server->address, sizeof c->server->address) != 0)
        fail(c->server->name);
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
}

static const char *take_path(struct server *s)
{
    size_t i = atomic_fetch_add(&taken[s - servers], 1);
    return i < s->count ? s->paths[i] : NULL;
}

/* The next that its server is asked for, or another server, over a new connection. False: all are taken. */
static bool find_path(struct connection *c)
{
    for (unsigned i = 0; i < server_count; i++) {
        struct server *s = &servers[((unsigned)(c->server - servers) + i) % server_count];
        c->path = take_path(s);
        if (!c->path)
            continue;
        if (s != c->server && c->fd >= 0) {
            close(c->fd);
            c->fd = -1;
        }
        c->server = s;
        return true;
    }
    return false;
}

static bool ask(struct connection *c, int poller)
{
    char request[REQUEST_MOST];
    if (!find_path(c))
        return false;
    if (c->fd < 0) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
        make_socket(c);
        epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event);
    }
    int len = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s\r\nAccept: */*\r\n\r\n", c->path,
                       c->server->name);
    if (send(c->fd, request, (size_t)len, MSG_NOSIGNAL) != len)
        fail(c->server->name);
    c->in_body = false;
    c->file = -1;
    c->start = c->end = 0;
    return true;
}

/* ---- An answer ---- */

static void read_head(struct connection *c)
{
    char *end = memmem(c->buffer, c->end, "\r\n\r\n", 4);
    if (!end)
        return;
    *end = '\0';
    char *length = strcasestr(c->buffer, "\ncontent-length:");
    if (strncmp(c->buffer, "HTTP/1.1 200", 12) != 0 || !length)
        refuse(c->path, "not answered with 200 and a length");
    c->left = strtoul(length + strlen("\ncontent-length:"), NULL, 10);
    c->start = (size_t)(end + 4 - c->buffer);
    c->in_body = true;
}

/* One write for a small body, and one for each full buffer of a large one. */
static void write_body(struct connection *c)
{
    size_t len = c->end - c->start;
    if (len < c->left && c->end < BUFFER_BYTES)
        return;
    if (c->file < 0)
        c->file = openat(folder, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0644);
    if (c->file < 0 || write(c->file, c->buffer + c->start, len) != (ssize_t)len)
        fail("a file");
    c->left -= len;
    c->start = c->end = 0;
}

static void place_file(struct connection *c)
{
    if (linkat(c->file, "", folder, strrchr(c->path, '/') + 1, AT_EMPTY_PATH) != 0)
        fail(c->path);
    close(c->file);
}

/* False: there is nothing left to ask for. */
static bool on_readable(struct connection *c, int poller)
{
    ssize_t n = recv(c->fd, c->buffer + c->end, BUFFER_BYTES - c->end, 0);
    if (n < 0 && errno == EAGAIN)
        return true;
    if (n <= 0)
        fail(c->path);
    c->end += (size_t)n;
    if (!c->in_body)
        read_head(c);
    if (!c->in_body)
        return true;
    write_body(c);
    if (c->left)
        return true;
    place_file(c);
    return ask(c, poller);
}

static int fetch(unsigned connections, unsigned process)
{
    static struct connection all[CONNECTIONS_MOST];
    struct epoll_event events[EVENTS];
    int poller = epoll_create1(EPOLL_CLOEXEC);
    unsigned active = 0;
    for (unsigned i = 0; i < connections; i++) {
        all[i] = (struct connection){.fd = -1, .server = &servers[(process * connections + i) % server_count]};
        all[i].buffer = malloc(BUFFER_BYTES + 1);
        active += ask(&all[i], poller);
    }
    while (active) {
        int n = epoll_wait(poller, events, EVENTS, -1);
        for (int i = 0; i < n; i++)
            active -= !on_readable(events[i].data.ptr, poller);
    }
    return 0;
}

int main(int argc, char **argv)
{
    unsigned processes = argc == 5 ? (unsigned)atoi(argv[3]) : 0, connections = argc == 5 ? (unsigned)atoi(argv[4]) : 0;
    int status, failed = 0;
    if (!processes || !connections || connections > CONNECTIONS_MOST) {
        fputs("usage: bench_floor LIST FOLDER PROCESSES CONNECTIONS\n", stderr);
        return 2;
    }
    read_list(argv[1]);
    folder = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        fail(argv[2]);
    taken = mmap(NULL, sizeof *taken * SERVERS_MOST, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (taken == MAP_FAILED)
        fail("memory");
    for (unsigned i = 0; i < processes; i++)
        if (fork() == 0)
            _exit(fetch(connections, i));
    while (wait(&status) > 0)
        failed |= status;
    return failed != 0;
}

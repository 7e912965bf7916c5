/* What bench_floor is, with libcurl in place of bare sockets: the least that fetching a list takes for a client that
 * leaves HTTP to libcurl. Processes with a multi handle each, easy handles and connections that are used again, and
 * files put in place whole, by the process that fetched them; nothing is checked, and a body has to fit into memory.
 *
 * bench_floor_curl LIST FOLDER PROCESSES CONNECTIONS: fetch the URLs of LIST (a line each, with different last
 * segments, which name the files) with so many processes of so many connections each. */
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EVENTS = 256, SOCKETS_MOST = 4096, CONNECTIONS_MOST = 1024, BODY_BYTES = 2 << 20, HEAP_KEPT_BYTES = 16 << 20 };

struct transfer {
    CURL *easy;
    const char *url;
    char *body;
    size_t len;
};

static char **urls;
static size_t url_count, step, next_url; /* a process takes each STEPth */
static int folder, poller;
static uint32_t watched[SOCKETS_MOST]; /* events, by socket */
static long due_ms = -1;               /* when libcurl wants to be called; -1: not at all */

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "bench_floor_curl: %s: %s\n", what, why);
    _exit(1);
}

static void read_list(const char *path)
{
    char *line = NULL;
    size_t size = 0, room = 0;
    FILE *list = fopen(path, "re");
    if (!list)
        fail(path, strerror(errno));
    while (getline(&line, &size, list) > 0) {
        line[strcspn(line, "\n")] = '\0';
        if (url_count == room) {
            room = 2 * room + 1024;
            urls = realloc(urls, room * sizeof *urls);
        }
        if (!urls || !(urls[url_count++] = strdup(line)))
            fail("the list", strerror(errno));
    }
    free(line);
    fclose(list);
}

/* ---- What libcurl calls ---- */

/* A connection that waits to be used again stays in the set: taking it out and putting it back would cost two calls a
 * page. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *known)
{
    (void)easy, (void)context, (void)known;
    uint32_t events =
        what == CURL_POLL_REMOVE ? 0 : (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
    struct epoll_event event = {.events = events, .data.fd = fd};
    if (fd >= SOCKETS_MOST)
        fail("a socket", "too many of them");
    if (events && events != watched[fd]) {
        epoll_ctl(poller, watched[fd] ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
        watched[fd] = events;
    }
    return 0;
}

static int on_close(void *context, curl_socket_t fd)
{
    (void)context;
    watched[fd] = 0;
    return close(fd);
}

static int on_timer(CURLM *multi, long timeout_ms, void *context)
{
    (void)multi, (void)context;
    due_ms = timeout_ms;
    return 0;
}

static size_t on_body(char *data, size_t size, size_t len, void *context)
{
    struct transfer *t = context;
    (void)size;
    if (len > BODY_BYTES - t->len)
        return 0;
    memcpy(t->body + t->len, data, len);
    t->len += len;
    return len;
}

/* ---- Transfers ---- */

static void place_file(const struct transfer *t)
{
    int fd = openat(folder, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0644);
    if (fd < 0 || write(fd, t->body, t->len) != (ssize_t)t->len ||
        linkat(fd, "", folder, strrchr(t->url, '/') + 1, AT_EMPTY_PATH) != 0)
        fail(t->url, strerror(errno));
    close(fd);
}

/* False: there is nothing left to ask for. */
static bool ask(CURLM *multi, struct transfer *t)
{
    if (next_url >= url_count)
        return false;
    t->url = urls[next_url];
    t->len = 0;
    next_url += step;
    curl_easy_setopt(t->easy, CURLOPT_URL, t->url);
    return curl_multi_add_handle(multi, t->easy) == CURLM_OK;
}

static bool begin(CURLM *multi, struct transfer *t)
{
    *t = (struct transfer){.easy = curl_easy_init(), .body = malloc(BODY_BYTES)};
    if (!t->easy || !t->body)
        fail("a transfer", strerror(errno));
    curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
    curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
    curl_easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(t->easy, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(t->easy, CURLOPT_PROXY, "");
    return ask(multi, t);
}

/* Returns how many have ended and have no successor. */
static unsigned end_completed(CURLM *multi)
{
    int left;
    unsigned ended = 0;
    for (CURLMsg *m; (m = curl_multi_info_read(multi, &left));) {
        struct transfer *t;
        CURLcode result = m->data.result;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &t);
        if (result != CURLE_OK)
            fail(t->url, curl_easy_strerror(result));
        curl_multi_remove_handle(multi, t->easy);
        place_file(t);
        ended += !ask(multi, t);
    }
    return ended;
}

static void handle_events(CURLM *multi)
{
    struct epoll_event events[EVENTS];
    int running, n = epoll_wait(poller, events, EVENTS, (int)due_ms);
    if (n <= 0)
        due_ms = 0;
    for (int i = 0; i < n; i++) {
        int bits =
            (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) | (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0);
        if (events[i].events & (EPOLLERR | EPOLLHUP))
            bits |= CURL_CSELECT_IN | CURL_CSELECT_ERR;
        curl_multi_socket_action(multi, events[i].data.fd, bits, &running);
    }
}

static void run_timer(CURLM *multi)
{
    int running;
    while (due_ms == 0) {
        due_ms = -1;
        curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
}

/* As a worker of forage does, so that receive buffers do not go back to the kernel between two transfers. */
static void keep_memory(void)
{
    mallopt(M_TRIM_THRESHOLD, HEAP_KEPT_BYTES);
    mallopt(M_MMAP_THRESHOLD, HEAP_KEPT_BYTES);
}

static int fetch(unsigned connections)
{
    static struct transfer all[CONNECTIONS_MOST];
    unsigned active = 0;
    keep_memory();
    curl_global_init(CURL_GLOBAL_DEFAULT);
    CURLM *multi = curl_multi_init();
    poller = epoll_create1(EPOLL_CLOEXEC);
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)connections * 4);
    for (unsigned i = 0; i < connections; i++)
        active += begin(multi, &all[i]);
    while (active) {
        run_timer(multi);
        active -= end_completed(multi);
        if (active && due_ms)
            handle_events(multi);
    }
    return 0;
}

int main(int argc, char **argv)
{
    unsigned processes = argc == 5 ? (unsigned)atoi(argv[3]) : 0, connections = argc == 5 ? (unsigned)atoi(argv[4]) : 0;
    int status, failed = 0;
    if (!processes || !connections || connections > CONNECTIONS_MOST) {
        fputs("usage: bench_floor_curl LIST FOLDER PROCESSES CONNECTIONS\n", stderr);
        return 2;
    }
    read_list(argv[1]);
    folder = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        fail(argv[2], strerror(errno));
    step = processes;
    for (unsigned i = 0; i < processes; i++) {
        next_url = i;
        if (fork() == 0)
            _exit(fetch(connections));
    }
    while (wait(&status) > 0)
        failed |= status;
    return failed != 0;
}

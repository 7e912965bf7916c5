#include "support/browser.h"

#include "support/files.h"
#include "support/support.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A browser that starts on a machine that is busy takes its time. */
enum { ANSWER_MS = 90000, READ_BYTES = 64 * 1024 };

struct browser {
    pid_t pid;
    int to, from;
    char *folder; /* its profile */
    char *input;  /* messages that have come, each with a NUL behind it */
    size_t input_len, input_room;
    int last_id;
    char *session;
    json_t *requests; /* of the page that is loaded: request id to URL */
    json_t *failed;
    bool loaded;
};

/* ---- The pipe ---- */

static void send_message(struct browser *b, json_t *message)
{
    char *text = json_dumps(message, JSON_COMPACT);
    size_t len = text ? strlen(text) + 1 : 0;
    for (size_t at = 0; at < len;) {
        ssize_t n = write(b->to, text + at, len - at);
        if (n < 0 && errno != EINTR)
            support_fail("the browser does not listen");
        at += n > 0 ? (size_t)n : 0;
    }
    free(text);
    json_decref(message);
}

/* Read until there is a whole message. */
static void fill(struct browser *b, int64_t deadline)
{
    while (!memchr(b->input, '\0', b->input_len)) {
        struct pollfd p = {b->from, POLLIN, 0};
        if (poll(&p, 1, support_left_ms(deadline)) == 0)
            support_fail("the browser does not answer");
        if (b->input_room - b->input_len < READ_BYTES) {
            b->input_room += READ_BYTES;
            if (!(b->input = realloc(b->input, b->input_room)))
                support_fail("no memory");
        }
        ssize_t n = read(b->from, b->input + b->input_len, READ_BYTES);
        if (n == 0 || (n < 0 && errno != EINTR))
            support_fail("the browser is gone");
        b->input_len += n > 0 ? (size_t)n : 0;
    }
}

static json_t *take_message(struct browser *b, int64_t deadline)
{
    json_error_t error;
    fill(b, deadline);
    size_t size = strlen(b->input) + 1;
    json_t *message = json_loads(b->input, 0, &error);
    if (!message)
        support_fail("the browser sends what is no JSON: %s", error.text);
    memmove(b->input, b->input + size, b->input_len - size);
    b->input_len -= size;
    return message;
}

/* What happens on the page that is loaded. */
static void take_event(struct browser *b, const json_t *message)
{
    const char *method = text_member(message, "method");
    const json_t *params = json_object_get(message, "params");
    const char *id = text_member(params, "requestId");
    if (strcmp(method, "Page.loadEventFired") == 0) {
        b->loaded = true;
    } else if (strcmp(method, "Network.requestWillBeSent") == 0) {
        json_object_set(b->requests, id, json_object_get(json_object_get(params, "request"), "url"));
    } else if (strcmp(method, "Network.loadingFailed") == 0 && !json_is_true(json_object_get(params, "canceled"))) {
        json_array_append(b->failed, json_object_get(b->requests, id));
    }
}

/* Call METHOD and wait for its result. PARAMS is given away, and so is the result. */
static json_t *call(struct browser *b, const char *method, json_t *params)
{
    int id = ++b->last_id;
    json_t *message = json_pack("{s:i,s:s,s:o}", "id", id, "method", method, "params", params);
    if (b->session)
        json_object_set_new(message, "sessionId", json_string(b->session));
    send_message(b, message);
    int64_t deadline = support_deadline_ns(ANSWER_MS);
    for (;;) {
        json_t *answer = take_message(b, deadline);
        if (json_integer_value(json_object_get(answer, "id")) == id) {
            json_t *result = json_object_get(answer, "result");
            if (!result)
                support_fail("%s: %s", method, text_member(json_object_get(answer, "error"), "message"));
            json_incref(result);
            json_decref(answer);
            return result;
        }
        take_event(b, answer);
        json_decref(answer);
    }
}

/* ---- Its life ---- */

static bool is_installed(void)
{
    return access("/usr/bin/chromium", X_OK) == 0;
}

_Noreturn static void become(const char *folder, int in, int out)
{
    char *profile = support_format("--user-data-dir=%s", folder);
    int null = open("/dev/null", O_RDWR);
    /* Neither may stand in the other's way. */
    in = fcntl(in, F_DUPFD, 10);
    out = fcntl(out, F_DUPFD, 10);
    dup2(null, 0);
    dup2(null, 1);
    dup2(null, 2);
    dup2(in, 3);
    dup2(out, 4);
    setpgid(0, 0);
    execl("/usr/bin/chromium", "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
          "--no-first-run", "--disable-extensions", "--disable-background-networking", "--disable-component-update",
          "--no-proxy-server", "--host-resolver-rules=MAP * ~NOTFOUND", "--remote-debugging-pipe", profile,
          "about:blank", (char *)NULL);
    _exit(127);
}

static void open_page(struct browser *b)
{
    json_t *target = call(b, "Target.createTarget", json_pack("{s:s}", "url", "about:blank"));
    json_t *session = call(b, "Target.attachToTarget",
                           json_pack("{s:s,s:b}", "targetId", text_member(target, "targetId"), "flatten", 1));
    b->session = support_format("%s", text_member(session, "sessionId"));
    json_decref(target);
    json_decref(session);
    json_decref(call(b, "Page.enable", json_object()));
    json_decref(call(b, "Network.enable", json_object()));
}

struct browser *browser_start(void)
{
    int to[2], from[2];
    if (!is_installed())
        return NULL;
    struct browser *b = support_alloc(sizeof *b);
    if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0)
        support_fail("no pipe");
    b->folder = files_temp_folder();
    b->input = support_alloc(READ_BYTES);
    b->input_room = READ_BYTES;
    b->requests = json_object();
    b->failed = json_array();
    b->pid = support_fork();
    if (b->pid == 0)
        become(b->folder, to[0], from[1]);
    close(to[0]);
    close(from[1]);
    b->to = to[1];
    b->from = from[0];
    open_page(b);
    return b;
}

json_t *browser_visit(struct browser *b, const char *url, const char *script)
{
    b->loaded = false;
    json_object_clear(b->requests);
    json_array_clear(b->failed);
    json_t *navigated = call(b, "Page.navigate", json_pack("{s:s}", "url", url));
    const char *error = text_member(navigated, "errorText");
    int64_t deadline = support_deadline_ns(ANSWER_MS);
    while (!*error && !b->loaded) {
        json_t *event = take_message(b, deadline);
        take_event(b, event);
        json_decref(event);
    }
    json_t *ran = call(b, "Runtime.evaluate",
                       json_pack("{s:s,s:b,s:b}", "expression", script, "returnByValue", 1, "awaitPromise", 1));
    json_t *place = call(b, "Runtime.evaluate", json_pack("{s:s}", "expression", "document.URL"));
    json_t *value = json_object_get(json_object_get(ran, "result"), "value");
    json_t *page = json_pack("{s:s,s:O,s:O,s:o}", "error", error, "url",
                             json_object_get(json_object_get(place, "result"), "value"), "failed", b->failed, "value",
                             value ? json_incref(value) : json_null());
    json_decref(navigated);
    json_decref(ran);
    json_decref(place);
    b->failed = (json_decref(b->failed), json_array());
    return page;
}

/* Its processes are a group: they go together. */
void browser_stop(struct browser *b)
{
    if (!b)
        return;
    kill(-b->pid, SIGKILL);
    kill(b->pid, SIGKILL);
    waitpid(b->pid, NULL, 0);
    close(b->to);
    close(b->from);
    files_remove(b->folder);
    json_decref(b->requests);
    json_decref(b->failed);
    free(b->session);
    free(b->input);
    free(b->folder);
    free(b);
}

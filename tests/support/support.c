#include "support/support.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { NS_PER_MS = 1000000 };

void support_fail(const char *format, ...)
{
    int error = errno;
    va_list args;
    va_start(args, format);
    fputs("test support: ", stderr);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, " (%s)\n", strerror(error));
    fflush(stderr);
    abort();
}

void *support_alloc(size_t size)
{
    void *memory = calloc(1, size ? size : 1);
    if (!memory)
        support_fail("no memory for %zu bytes", size);
    return memory;
}

void *support_copy(const void *data, size_t len)
{
    char *copy = support_alloc(len + 1);
    if (len)
        memcpy(copy, data, len);
    return copy;
}

char *support_vformat(const char *format, va_list args)
{
    char *text;
    if (vasprintf(&text, format, args) < 0)
        support_fail("no memory for a text");
    return text;
}

char *support_format(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = support_vformat(format, args);
    va_end(args);
    return text;
}

int64_t support_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 * NS_PER_MS + now.tv_nsec;
}

int64_t support_deadline_ns(int timeout_ms)
{
    return support_now_ns() + (int64_t)timeout_ms * NS_PER_MS;
}

int support_left_ms(int64_t deadline_ns)
{
    int64_t left = deadline_ns - support_now_ns();
    return left <= 0 ? 0 : (int)((left + NS_PER_MS - 1) / NS_PER_MS);
}

pid_t support_fork(void)
{
    pid_t parent = getpid();
    fflush(NULL);
    pid_t pid = fork();
    if (pid < 0)
        support_fail("cannot fork");
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(1);
    }
    return pid;
}

void support_kill(pid_t pid)
{
    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

unsigned support_rounds(unsigned rounds)
{
#if defined(__SANITIZE_ADDRESS__)
    return (rounds + 3) / 4;
#else
    return rounds;
#endif
}

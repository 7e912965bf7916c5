/* Task functions for the pool's tests. Each takes its argument as the bytes of the type that it names. */
#ifndef POOL_TASKS_H
#define POOL_TASKS_H

#include <multiproc/pool.h>

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* long -> long */
static inline int square(const void *arg, size_t len, struct mp_reply *reply)
{
    long value = 0;
    memcpy(&value, arg, len < sizeof value ? len : sizeof value);
    value *= value;
    return mp_reply_write(reply, &value, sizeof value) == MP_OK ? 0 : 99;
}

/* -> pid_t */
static inline int tell_pid(const void *arg, size_t len, struct mp_reply *reply)
{
    pid_t pid = getpid();
    (void)arg, (void)len;
    mp_reply_write(reply, &pid, sizeof pid);
    return 0;
}

/* int: milliseconds -> the same */
static inline int sleep_ms(const void *arg, size_t len, struct mp_reply *reply)
{
    int ms;
    memcpy(&ms, arg, sizeof ms);
    poll(NULL, 0, ms);
    mp_reply_write(reply, arg, len);
    return 0;
}

/* int: a code -> fails with it, and a report */
static inline int fail_with(const void *arg, size_t len, struct mp_reply *reply)
{
    int code;
    (void)len;
    memcpy(&code, arg, sizeof code);
    mp_reply_write(reply, "it went wrong", 13);
    return code;
}

/* long -> its square, or for a multiple of 10 a failure */
static inline int square_or_fail(const void *arg, size_t len, struct mp_reply *reply)
{
    long value;
    memcpy(&value, arg, sizeof value);
    return value % 10 == 0 ? 1 + (int)value : square(arg, len, reply);
}

/* size_t: that many bytes, each the low byte of the number */
static inline int many_bytes(const void *arg, size_t len, struct mp_reply *reply)
{
    static char bytes[64 * 1024];
    size_t left;
    (void)len;
    memcpy(&left, arg, sizeof left);
    memset(bytes, (int)(left & 0xff), sizeof bytes);
    while (left > 0) {
        size_t n = left < sizeof bytes ? left : sizeof bytes;
        if (mp_reply_write(reply, bytes, n) != MP_OK)
            return 98;
        left -= n;
    }
    return 0;
}

static inline int for_ever(const void *arg, size_t len, struct mp_reply *reply)
{
    (void)arg, (void)len, (void)reply;
    while (pause() < 0)
        ;
    return 0;
}

static inline int kill_itself(const void *arg, size_t len, struct mp_reply *reply)
{
    (void)arg, (void)len;
    mp_reply_write(reply, "half", 4);
    kill(getpid(), SIGKILL);
    return 0;
}

/* int: the status to leave with */
static inline int leave(const void *arg, size_t len, struct mp_reply *reply)
{
    int status;
    (void)len, (void)reply;
    memcpy(&status, arg, sizeof status);
    exit(status);
}

#endif

#include "support/fixture_log.h"

#include "support/support.h"

#include <linux/futex.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { ENTRIES_AT = 4096 };

static size_t text_at(void)
{
    return ENTRIES_AT + LOG_REQUESTS * sizeof(struct fixture_request);
}

struct fixture_log *fixture_log_new(void)
{
    size_t size = text_at() + LOG_TEXT_BYTES;
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        support_fail("cannot map a log");
    struct fixture_log *log = (void *)memory;
    log->requests = (void *)(memory + ENTRIES_AT);
    log->text = memory + text_at();
    return log;
}

void fixture_log_free(struct fixture_log *log)
{
    munmap(log, text_at() + LOG_TEXT_BYTES);
}

static void wake(_Atomic uint32_t *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

struct fixture_request *fixture_log_next(struct fixture_log *log)
{
    uint32_t count = atomic_load(&log->count);
    if (count == LOG_REQUESTS)
        support_fail("the fixture's log is full");
    return &log->requests[count];
}

void fixture_log_publish(struct fixture_log *log)
{
    atomic_fetch_add(&log->count, 1);
    wake(&log->count);
}

void *fixture_log_room(struct fixture_log *log, size_t len)
{
    size_t whole = (len + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (whole > LOG_TEXT_BYTES - log->text_used)
        support_fail("the fixture's log is full");
    void *room = log->text + log->text_used;
    log->text_used += whole;
    return room;
}

void fixture_log_ended(struct fixture_log *log, struct fixture_request *request)
{
    atomic_store(&request->ended_ns, support_now_ns());
    atomic_fetch_add(&log->ended, 1);
    wake(&log->ended);
}

void fixture_log_wait(_Atomic uint32_t *word, uint32_t seen, int timeout_ms)
{
    struct timespec limit = {.tv_sec = timeout_ms / 1000, .tv_nsec = timeout_ms % 1000 * 1000000L};
    syscall(SYS_futex, word, FUTEX_WAIT, seen, &limit, NULL, 0);
}

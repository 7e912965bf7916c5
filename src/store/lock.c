#include "store/lock.h"

#include "base/clock.h"
#include "base/parse.h"
#include "store/state/state_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_FILE "lock"

enum { FIRST_PAUSE_MS = 50, LAST_PAUSE_MS = 1000 };

/* Open the lock's file. O_NONBLOCK: a FIFO in its place is found out, not waited for. */
static int open_file(const char *dir, bool make, int flags)
{
    int folder = state_folder_open(dir, make, NULL);
    if (folder < 0)
        return -1;
    int fd = openat(folder, LOCK_FILE, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    int error = errno;
    close(folder);
    struct stat st;
    if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))) {
        close(fd);
        fd = -1;
        error = EINVAL;
    }
    errno = error;
    return fd;
}

/* Sleep for PAUSE_MS, or until DEADLINE when that is sooner. False with errno when there is no time left, or a signal
 * came. */
static bool pause_for(int pause_ms, int64_t deadline)
{
    int left = deadline_left_ms(deadline);
    if (left == 0) {
        errno = EWOULDBLOCK;
        return false;
    }
    return poll(NULL, 0, left > 0 && left < pause_ms ? left : pause_ms) == 0;
}

static bool wait_for_lock(int fd, int timeout_ms)
{
    int64_t deadline = deadline_after(timeout_ms);
    int pause_ms = FIRST_PAUSE_MS;
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return false;
        if (!pause_for(pause_ms, deadline))
            return false;
        pause_ms = pause_ms * 2 < LAST_PAUSE_MS ? pause_ms * 2 : LAST_PAUSE_MS;
    }
    return true;
}

/* Leave our number for others' messages. On a full disk there is none; the lock holds all the same. */
static void sign(int fd)
{
    char text[24];
    int len = snprintf(text, sizeof text, "%d\n", (int)getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)len, 0) != len)
        return;
}

bool folder_lock_take(const char *dir, int timeout_ms, struct folder_lock *lock)
{
    int fd = open_file(dir, true, O_RDWR | O_CREAT);
    if (fd < 0)
        return false;
    if (!wait_for_lock(fd, timeout_ms)) {
        int error = errno;
        close(fd);
        errno = error;
        return false;
    }
    struct stat st;
    bool signed_before = fstat(fd, &st) == 0 && st.st_size > 0;
    sign(fd);
    *lock = (struct folder_lock){.fd = fd, .abandoned = signed_before};
    return true;
}

pid_t folder_lock_holder(const char *dir)
{
    char text[24];
    int fd = open_file(dir, false, O_RDONLY);
    if (fd < 0)
        return 0;
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    close(fd);
    if (n < 1)
        return 0;
    text[n] = '\0';
    text[strcspn(text, "\n")] = '\0';
    uint64_t pid = 0;
    return parse_count(text, 1, INT_MAX, &pid) ? (pid_t)pid : 0;
}

void folder_lock_release(struct folder_lock *lock)
{
    int error = errno;
    bool emptied = ftruncate(lock->fd, 0) == 0;
    (void)emptied; /* otherwise the next holder cleans up in vain */
    close(lock->fd);
    lock->fd = -1;
    errno = error;
}

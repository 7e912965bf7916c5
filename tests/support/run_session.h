/* The living processes of a session, as /proc shows them. */
#ifndef SUPPORT_RUN_SESSION_H
#define SUPPORT_RUN_SESSION_H

#include <stdint.h>
#include <sys/types.h>

struct session_use {
    unsigned processes;
    uint64_t pss_bytes;
};

/* Zombies do not count. */
unsigned session_count(pid_t session);
struct session_use session_measure(pid_t session);
void session_kill(pid_t session);

#endif

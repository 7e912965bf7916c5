/* What a worker may ask of the kernel once it is set up: sockets, memory, time and its rings; no file to write, no
 * program to run, no other process to touch. Two layers: a seccomp filter (libseccomp) that refuses the system calls,
 * and, where the kernel has it, a Landlock rule set that lets the resolver and the TLS library read what they read
 * lazily (the resolver's configuration, the trust store, shared objects) and nothing else.
 *
 * A refused call fails with EPERM, so that a library that probes does not die of it. */
#ifndef FETCH_SANDBOX_H
#define FETCH_SANDBOX_H

#include <stdbool.h>

/* Enter the sandbox for good; threads that are started later are inside, too. CA_FILE, which may be NULL, stays
 * readable. False when the filter cannot be installed; a kernel without Landlock is no failure.
 *
 * Context: a worker, before its first other thread and before it reads anything from the network. */
bool sandbox_enter(const char *ca_file);

#endif

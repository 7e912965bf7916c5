/* What every part of the test support uses: failing, time, children, ports that misbehave.
 *
 * The support never returns an error that a test would have to check. When it cannot do its work (no memory, no port, a
 * server that dies) it calls support_fail, and the test fails there and then, with a message.
 *
 * The names here carry prefixes that the product does not use, because a test links both. */
#ifndef SUPPORT_SUPPORT_H
#define SUPPORT_SUPPORT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Print the message and errno's text on standard error and abort. Criterion reports the test as crashed. */
_Noreturn void support_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Zeroed memory, a copy, and a formatted text: never NULL, freed with free. */
void *support_alloc(size_t size);
void *support_copy(const void *data, size_t len);
char *support_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *support_vformat(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

/* The monotonic clock, and what is left until an instant of it as poll(2) takes it: rounded up, 0 once it passed. */
int64_t support_now_ns(void);
int64_t support_deadline_ns(int timeout_ms);
int support_left_ms(int64_t deadline_ns);

/* Fork a child that is killed when the calling thread ends. Returns as fork does; the child leaves with _exit. */
pid_t support_fork(void);

/* Kill a child of support_fork and wait for its end. */
void support_kill(pid_t pid);

/* Ports on 127.0.0.1 at which nobody answers. Each stays taken until the calling process ends.
 *
 *   closed  connecting is refused at once
 *   deaf    connecting succeeds, and nothing is ever read or sent
 *   full    connecting never succeeds and is never refused: the handshake gets no answer */
uint16_t support_closed_port(void);
uint16_t support_deaf_port(void);
uint16_t support_full_port(void);

/* A port that was free a moment ago, for a server that must be told its port. Another may take it meanwhile. */
uint16_t support_free_port(void);

/* A connection to 127.0.0.1:PORT with a time-out of TIMEOUT_MS on each read and write; -1 and errno when it fails. */
int support_connect(uint16_t port, int timeout_ms);

/* How many of ROUNDS rounds a test goes through that differ by chance alone, such as kills at any instant: all of them,
 * but a quarter under the address sanitizer, where a process takes four times as long to start, run and end. The
 * release build goes through all; the sanitizer's rounds look for its own reports in the same places. */
unsigned support_rounds(unsigned rounds);

#define SUPPORT_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif

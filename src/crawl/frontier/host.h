/* A host as the frontier knows it: an origin (scheme, host name, port), with its queue, its pace and its promises.
 *
 * frontier_host finds or makes one. It is remembered while jobs wait or are out there, and afterwards until it is the
 * least recently used of more than frontier_options.idle_hosts that have none. Those that may not be asked yet, or are
 * given up, are kept longest; one that is closed is never forgotten. So a pointer to a host holds while a job waits or
 * is out there, or it is closed; otherwise only until another host is made or becomes idle.
 *
 * What is said here takes effect at once. Times are those of base/clock.h. Context: the crawl's thread. */
#ifndef CRAWL_HOST_H
#define CRAWL_HOST_H

#include <stdbool.h>
#include <stdint.h>

struct frontier;
struct host;

/* ---- What is known of it ---- */

/* scheme://host[:port], as it stands in its canonical URLs; terminated, the host's. */
const char *host_origin(const struct host *h);

/* The delay between two starts that is in force now; 0: none. */
int host_delay_ms(const struct host *h);

/* When it may be asked next, as far as time has a say in it; 0, or a time that has passed: at once. */
int64_t host_next_ask_ms(const struct host *h);

/* Whether jobs wait in its queue. */
bool host_has_queue(const struct host *h);

/* Whether they wait there or until they are due. */
bool host_has_jobs(const struct host *h);

/* ---- robots.txt ---- */

/* What the gate keeps with the host, freed by frontier_options.free_robots when the host is forgotten or gets another
 * one. */
void *host_robots(const struct host *h);
void host_set_robots(struct frontier *f, struct host *h, void *robots);

/* Nothing but what frontier_add_first queues goes out while a host is closed. */
void host_close(struct frontier *f, struct host *h);
void host_open(struct frontier *f, struct host *h);
bool host_is_closed(const struct host *h);

/* ---- Pace ---- */

/* robots.txt's Crawl-delay (crawl/frontier/pace.h). It counts only while the delay is `auto`. 0: none. */
void host_set_crawl_delay_ms(struct frontier *f, struct host *h, int64_t ms);

/* The user's own delay for this host, in place of frontier_options.delay_ms; -1: auto. */
void host_set_delay_ms(struct frontier *f, struct host *h, int delay_ms);

/* Not to be asked before NOT_BEFORE_MS, nor before what was promised already: from the last run's state, for
 * example. */
void host_set_not_before_ms(struct frontier *f, struct host *h, int64_t not_before_ms);

/* The worker that its URLs go to by preference, plus one; 0: none yet. The frontier makes nothing of it. */
unsigned host_home(const struct host *h);
void host_set_home(struct host *h, unsigned home);

#endif

/* Discovery: how a crawl comes by its URLs. Links of pages, locations of sitemaps, redirects and rows of the state that
 * are due are offered here; what is new, in scope and no trap goes to the backlog on disk (store/backlog), and from
 * there to the frontier as that has room.
 *
 * discovery_open; discovery_begin at the start of a run; discovery_seed for each URL that the user names;
 * discovery_turn in the loop; discovery_page and its kin for what is answered; discovery_left for each job that has
 * ended; discovery_settle at the end of the run; discovery_close. Without --recursive crawl.discovery is NULL, and all
 * of these that do not say otherwise may be called and do nothing.
 *
 * A killed crawl loses no link: they are in the backlog's file before the row of their page is given to the state,
 * whose sync they share. A run that goes on with a cycle reads the file again; what was fetched already is told by the
 * state.
 *
 * Context: the crawl's thread. */
#ifndef CRAWL_DISCOVERY_H
#define CRAWL_DISCOVERY_H

#include "crawl/seen.h"
#include "fetch/message.h"
#include "store/pages/pages.h"
#include "web/robots/robots.h"
#include "web/url/url.h"

#include <forage/forage.h>
#include <stdbool.h>
#include <stddef.h>

struct crawl;
struct job;

enum forage_status discovery_open(struct crawl *c, char *error, size_t size);

/* Go on with what an earlier run has left. Nothing of that is seen to before discovery_turn. */
void discovery_begin(struct crawl *c);

/* The user named URL: links to such places are in scope, and what the user gave for all requests is for its origin. */
void discovery_seed(struct crawl *c, const struct url *url);

/* A line gives URL; HAS_OPTIONS: of its own. SEEN_NEW: this line is to ask for it. SEEN_KNOWN: an earlier line gave it;
 * or the list is slow, and the URL was asked for in this run as a link or a found page's redirect, so that it has its
 * row and its file. A line with options asks for it once more even so, since it must not be fetched in another way than
 * the line says. SEEN_NO_MEMORY. Not to be called without --recursive.
 *
 * A link that waits, what another seed redirects to, and what is known from an earlier run have nothing of their own in
 * this run, and are no reason for SEEN_KNOWN: the line takes the link's place. */
enum seen_result discovery_take_line(struct crawl *c, const struct url *url, bool has_options);

/* Whether more that the user names had better wait on disk. */
bool discovery_wants_seeds(const struct crawl *c);

/* Whether JOB is to be asked for at an origin that the user has not named by now: it was found, and what the user gave
 * for all requests, or for a host, is not for that origin. A found page's redirect is a page of its own, so this is
 * asked of each; that of a seed is marked by job->foreign, as without --recursive. False without --recursive. */
bool discovery_is_at_unnamed(const struct crawl *c, const struct job *job);

/* A seed was redirected to URL, or was in an earlier run: that is in scope, too, and is not asked for once more
 * when a link leads there; but it is when a line names it, and its origin is not named by that. */
void discovery_seed_led_to(struct crawl *c, const struct url *url);

/* JOB's URL is what the user named, and what earlier runs know of it has been looked up. */
void discovery_know_seed(struct crawl *c, const struct job *job);

/* Queue URL, which the user named, behind what waits already. */
void discovery_queue_seed(struct crawl *c, const struct url *url);

/* Give URLs that wait to the frontier, as far as it has room. All that the user names has been named. */
void discovery_turn(struct crawl *c);

/* Whether discovery_turn has something to do by itself. */
bool discovery_is_due(const struct crawl *c);

/* Whether no URL waits; true without --recursive. */
bool discovery_is_done(const struct crawl *c);

/* URLs that wait, those in the frontier apart. */
uint64_t discovery_waiting(const struct crawl *c);

/* ---- What is answered. Not to be called without --recursive ---- */

/* JOB's page was answered well: learn what it says of itself (job->robots, job->canonical) and where it leads. False:
 * not all of that could be queued. Then the run is about to end, and nothing may be remembered of the page, so that the
 * next one reads it again. */
bool discovery_page(struct crawl *c, struct job *job, const struct fetch_answer *answer);

/* JOB was found in this crawl and redirects to TO, whose memory is taken over: that is a page of its own. Ends the
 * job. */
void discovery_redirect(struct crawl *c, struct job *job, struct url *to);

/* Some of what a sitemap names. False: no more of it is taken. */
bool discovery_sitemap_piece(struct crawl *c, struct job *job, struct text records);

/* A sitemap was read. Ends the job. */
void discovery_sitemap_read(struct crawl *c, struct job *job, const struct fetch_answer *answer);

/* Fill ASKED with what is asked for when a link leads to URL: with --strip-query not all of it. False when memory is
 * out. */
bool discovery_asks_for(struct crawl *c, const struct url *url, struct url *asked);

/* ---- Hosts and jobs ---- */

/* The rules of ORIGIN are known; NULL: it has none. With --sitemaps, its sitemaps are to be read. */
void discovery_rules(struct crawl *c, const char *origin, const struct robots *robots);

/* Whether pages need not be read again for their links, because the last crawl has followed them as this one does; true
 * without --recursive. */
bool discovery_knows_links(const struct crawl *c);

/* NULL, or why JOB need not be asked for although it is due. */
const char *discovery_why_not(struct crawl *c, const struct job *job);

/* JOB is asked for: a line that names its URL later comes too late (discovery_take_line). */
void discovery_takes(struct crawl *c, const struct job *job);

/* JOB's page is in place. DIGEST: of its content. */
void discovery_kept(struct crawl *c, const struct job *job, const void *digest, size_t len);

/* JOB ends. */
void discovery_left(struct crawl *c, const struct job *job);

/* How JOB was come by, in a word; "" without --recursive. */
const char *discovery_via(const struct job *job);

/* ---- The end ---- */

/* Keep what the next run goes on with. */
void discovery_settle(struct crawl *c);

/* The state says how the run has ended: when all is done, nothing is kept. A run that is killed before this finds what
 * is done in its queue, and not that the queue is lost. */
void discovery_end(struct crawl *c);
void discovery_close(struct crawl *c);

#endif

/* Session ids: URLs with a token that is made up anew for each page that is sent.
 *
 * URLs that look random for another reason (commits, identifiers) are linked from more than one page, if only because
 * pages link to themselves or to where they belong. Made-up ones never are. */
#include "crawl/scope/traps_state.h"

/* Looks alone are less than a name: on a site of a million pages with random names, which link to each other at random,
 * a link in a few hundred leads to a known page only after thousands. */
enum { LINKS_NAMED = 40, LINKS_BY_LOOKS = 200, AGAIN_EACH = 500 };

static unsigned links_each(const struct shape *s)
{
    return s->has_session_name ? LINKS_NAMED : LINKS_BY_LOOKS;
}

/* Never when the pages with the same content are not limited. */
static bool is_session(const struct traps *t, const struct shape *s, const struct tally_entry *session)
{
    bool enough = t->limits.same <= UINT32_MAX / LINKS_BY_LOOKS && session->a >= t->limits.same * links_each(s);
    return enough && (uint64_t)session->b * AGAIN_EACH < session->a;
}

/* A URL and where it was first found; the second link to it on the same page is no other link. */
static uint64_t fresh_key(uint64_t url, uint64_t parent)
{
    return traps_mix(url, parent);
}

bool traps_session_is_fine(struct traps *t, const struct traps_link *link, struct traps_verdict *verdict)
{
    const struct shape *s = link->shape;
    if (!s->token)
        return true;
    if (link->parent)
        tally_at(&t->fresh, fresh_key(s->url, link->parent_shape->url));
    const struct tally_entry *session = tally_find(&t->sessions, s->token);
    if (!session || !is_session(t, s, session) || !tally_find(&t->reduced, s->reduced))
        return true;
    return traps_refuse(t, verdict, TRAPS_SESSION,
                        "a token is new in each of %u links, more than %u times --max-same %lu", (unsigned)session->a,
                        links_each(s), (unsigned long)t->limits.same);
}

void traps_session_add(struct traps *t, const struct traps_link *link)
{
    const struct shape *s = link->shape;
    if (!s->token || !link->parent || link->parent_shape->token != s->token)
        return;
    struct tally_entry *session = tally_at(&t->sessions, s->token);
    if (!session)
        return;
    if (is_session(t, s, session))
        tally_at(&t->reduced, s->reduced);
    else
        tally_count(&session->a);
}

void traps_known(struct traps *t, const char *text, size_t len, const char *parent, size_t parent_len)
{
    struct url url = {0};
    struct shape shape;
    if (!shape_has_token(text, len) || url_parse(&url, text, len, NULL) != URL_OK)
        return;
    shape_of(&shape, &url, t->seed);
    url_release(&url);
    struct tally_entry *session = shape.token ? tally_find(&t->sessions, shape.token) : NULL;
    if (session && !tally_find(&t->fresh, fresh_key(shape.url, shape_url_key(parent, parent_len, t->seed))))
        tally_count(&session->b);
}

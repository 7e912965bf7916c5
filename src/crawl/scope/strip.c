#include "crawl/scope/strip.h"

#include "base/buffer.h"
#include "crawl/scope/percent.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Chosen by two rules: the name is put there by an advertiser, a mailer or an analytics tool, not by the site itself;
 * and it is not a word that a site would use for something else, so that no "ref", "source" or "campaign" is among
 * them. */
const char *const strip_tracking[] = {
    "utm_*", /* Google Analytics, and whoever took them over */
    "gclid",
    "gclsrc",
    "dclid",
    "gbraid", /* Google Ads, Display & Video 360 */
    "wbraid",
    "gad_source",
    "gad_campaignid",
    "srsltid", /* and Google Merchant Center */
    "_ga",
    "_gl",
    "_gac", /* Google's linker between domains */
    "fbclid",
    "fb_action_ids",
    "fb_action_types",
    "fb_source",
    "fb_ref", /* Facebook */
    "igshid",
    "igsh",    /* Instagram */
    "msclkid", /* Microsoft Advertising */
    "yclid",
    "ysclid",
    "_openstat", /* Yandex */
    "twclid",
    "ttclid",
    "li_fat_id",
    "epik",
    "rdt_cid",
    "ScCid", /* X, TikTok, LinkedIn, Pinterest, Reddit, Snap */
    "mc_eid",
    "mc_cid", /* Mailchimp */
    "_hsenc",
    "_hsmi",
    "__hssc",
    "__hstc",
    "__hsfp",
    "hsCtaTracking", /* HubSpot */
    "mkt_tok",       /* Marketo */
    "oly_anon_id",
    "oly_enc_id",
    "vero_id",
    "vero_conv",
    "_kx",
    "ml_subscriber",
    "ml_subscriber_hash", /* mailers */
    "wickedid",
    "irclickid",
    "s_cid",
    "cmpid", /* affiliates, Adobe */
    "pk_campaign",
    "pk_kwd",
    "pk_source",
    "pk_medium",
    "pk_content",
    "pk_cid", /* Matomo */
    "mtm_*",
    "matomo_*",
    "piwik_*",
    "at_campaign",
    "at_medium",
    "at_custom*", /* AT Internet */
    NULL,
};

struct strip {
    char **exact; /* sorted */
    size_t exact_count;
    char **prefixes;
    size_t prefix_count;
    struct buffer name; /* decoded; its memory is kept from call to call, as that of the next one */
    struct buffer href; /* of what is left */
};

/* ---- Making one ---- */

static bool add(struct strip *s, const char *name)
{
    size_t len = strlen(name);
    bool prefix = len > 0 && name[len - 1] == '*';
    char *copy = strndup(name, prefix ? len - 1 : len);
    if (!copy)
        return false;
    if (prefix)
        s->prefixes[s->prefix_count++] = copy;
    else
        s->exact[s->exact_count++] = copy;
    return true;
}

static bool is_tracking(const char *name)
{
    return strcmp(name, "tracking") == 0;
}

static bool add_all(struct strip *s, const char *const *names, size_t count)
{
    bool tracking = false, ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        if (is_tracking(names[i]))
            tracking = true;
        else
            ok = add(s, names[i]);
    }
    for (size_t i = 0; ok && tracking && strip_tracking[i]; i++)
        ok = add(s, strip_tracking[i]);
    return ok;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

struct strip *strip_new(const char *const *names, size_t count)
{
    struct strip *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    size_t room = count + sizeof strip_tracking / sizeof *strip_tracking;
    s->exact = calloc(room, sizeof *s->exact);
    s->prefixes = calloc(room, sizeof *s->prefixes);
    if (!s->exact || !s->prefixes || !add_all(s, names, count)) {
        strip_free(s);
        return NULL;
    }
    qsort(s->exact, s->exact_count, sizeof *s->exact, by_text);
    return s;
}

/* ---- Using it ---- */

/* The name of a parameter as the application/x-www-form-urlencoded parser reads it, into the text. */
static bool decode(struct strip *s, const char *at, size_t len)
{
    buffer_clear(&s->name);
    if (!buffer_reserve(&s->name, len + 1))
        return false;
    for (size_t i = 0; i < len; i++) {
        int byte = percent_byte(at + i, len - i);
        s->name.data[s->name.len++] = byte >= 0 ? (char)byte : at[i] == '+' ? ' ' : at[i];
        i += byte >= 0 ? 2 : 0;
    }
    s->name.data[s->name.len] = '\0';
    return true;
}

static bool is_unwanted_name(const struct strip *s, const char *name)
{
    if (s->exact_count && bsearch(&name, s->exact, s->exact_count, sizeof *s->exact, by_text))
        return true;
    for (size_t i = 0; i < s->prefix_count; i++)
        if (strncmp(name, s->prefixes[i], strlen(s->prefixes[i])) == 0)
            return true;
    return false;
}

/* One parameter of a query. */
struct piece {
    const char *at;
    size_t len;
    bool unwanted;
};

/* The parameter that *AT begins with; *AT is moved behind its separator, and is NULL after the last. False when memory
 * is out. */
static bool next_piece(struct strip *s, const char **at, const char *end, struct piece *piece)
{
    const char *stop = memchr(*at, '&', (size_t)(end - *at));
    *piece = (struct piece){.at = *at, .len = (size_t)((stop ? stop : end) - *at)};
    const char *equals = memchr(piece->at, '=', piece->len);
    *at = stop ? stop + 1 : NULL;
    if (!decode(s, piece->at, equals ? (size_t)(equals - piece->at) : piece->len))
        return false;
    /* A name with a NUL in it is none of ours, which end there. */
    piece->unwanted = strlen(buffer_text(&s->name)) == s->name.len && is_unwanted_name(s, buffer_text(&s->name));
    return true;
}

/* Write the pieces of QUERY that stay behind what is in s->href; *COUNT is how many do not. */
static bool copy_wanted(struct strip *s, struct url_part query, size_t *count)
{
    struct piece piece;
    size_t begin = s->href.len;
    bool first = true;
    for (const char *at = query.at; at;) {
        if (!next_piece(s, &at, query.at + query.len, &piece))
            return false;
        if (piece.unwanted) {
            ++*count;
            continue;
        }
        if (!buffer_append(&s->href, first ? "?" : "&", 1) || !buffer_append(&s->href, piece.at, piece.len))
            return false;
        first = false;
    }
    if (s->href.len == begin + 1)
        s->href.data[--s->href.len] = '\0';
    return true;
}

enum strip_result strip_query(struct strip *s, struct url *url)
{
    if (!s || !url->has_query)
        return STRIP_UNCHANGED;
    struct url changed = {0};
    size_t unwanted = 0;
    buffer_clear(&s->href);
    if (!buffer_append(&s->href, url->href, (size_t)(url->query.at - url->href) - 1) ||
        !copy_wanted(s, url->query, &unwanted))
        return STRIP_NO_MEMORY;
    if (!unwanted)
        return STRIP_UNCHANGED;
    /* What is canonical stays so without a part of its query, so that only memory can be wanting. */
    if (url_parse(&changed, s->href.data, s->href.len, NULL) != URL_OK)
        return STRIP_NO_MEMORY;
    url_release(url);
    *url = changed;
    return STRIP_CHANGED;
}

void strip_free(struct strip *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->exact_count; i++)
        free(s->exact[i]);
    for (size_t i = 0; i < s->prefix_count; i++)
        free(s->prefixes[i]);
    free(s->exact);
    free(s->prefixes);
    buffer_release(&s->name);
    buffer_release(&s->href);
    free(s);
}

#include "support/site_traps.h"

#include "support/support.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char start_page[] = "<h1>Welcome</h1><a href=/good>good</a> <a href=\"%s\">more</a>";

/* A number that no two calls share, in the server's one process. */
static uint64_t fresh(void)
{
    static uint64_t calls;
    uint64_t x = ++calls * 0x9e3779b97f4a7c15u;
    return x ^ (x >> 29);
}

/* A body that is put together piece by piece. */
struct body {
    FILE *out;
    char *text;
    size_t len;
};

static void body_begin(struct body *body)
{
    body->out = open_memstream(&body->text, &body->len);
    if (!body->out)
        support_fail("no memory for a page");
}

static void body_end(struct body *body, struct fixture_reply *reply)
{
    fclose(body->out);
    reply->body = reply->owned = body->text;
}

/* ---- Calendars ---- */

/* What stands before each number of a date, and behind the last one of a month. */
struct date_form {
    const char *year, *month, *month_end, *day;
};

static void put_month(struct fixture_reply *reply, const struct date_form *form, long year, long month)
{
    struct body body;
    long next = month % 12 + 1, last = (month + 10) % 12 + 1;
    body_begin(&body);
    fprintf(body.out, "<h1>%ld/%ld</h1>", month, year);
    fprintf(body.out, "<a href='%s%ld%s%ld%s'>next</a> ", form->year, year + (month == 12), form->month, next,
            form->month_end);
    fprintf(body.out, "<a href='%s%ld%s%ld%s'>previous</a>", form->year, year - (month == 1), form->month, last,
            form->month_end);
    for (int day = 1; day <= 28; day += 9)
        fprintf(body.out, " <a href='%s%ld%s%ld%s%d'>%d</a>", form->year, year, form->month, month, form->day, day,
                day);
    body_end(&body, reply);
}

static int put_date(struct fixture_reply *reply, const struct date_form *form, int fields, const long date[3])
{
    if (fields == 2)
        put_month(reply, form, date[0], date[1]);
    else if (fields == 3)
        fixture_printf(reply, "Nothing on %ld/%ld/%ld. <a href='%s%ld%s%ld%s'>month</a>", date[2], date[1], date[0],
                       form->year, date[0], form->month, date[1], form->month_end);
    return fields < 2;
}

static int calendar(const char *target, struct fixture_reply *reply)
{
    static const struct date_form form = {"/calendar?year=", "&month=", "", "&day="};
    long date[3];
    int fields = sscanf(target, "/calendar?year=%ld&month=%ld&day=%ld", &date[0], &date[1], &date[2]);
    return put_date(reply, &form, fields, date);
}

static int almanac(const char *target, struct fixture_reply *reply)
{
    static const struct date_form form = {"/", "/", "/", "/"};
    long date[3];
    int fields = sscanf(target, "/%ld/%ld/%ld", &date[0], &date[1], &date[2]);
    return put_date(reply, &form, fields, date);
}

/* ---- Folders ---- */

static int folders(const char *target, struct fixture_reply *reply)
{
    fixture_printf(reply, "<h1>%zu deep</h1><a href='a/'>deeper</a>", strlen(target));
    return 0;
}

static int deeper(const char *target, struct fixture_reply *reply)
{
    unsigned hash = 5381;
    for (const char *at = target; *at; at++)
        hash = hash * 33 + (unsigned char)*at;
    fixture_printf(reply, "<h1>%s</h1><a href='n%08x/'>deeper</a>", target, hash * 2654435761u);
    return 0;
}

static int relative(const char *target, struct fixture_reply *reply)
{
    fixture_printf(reply, "<title>%s</title><a href='about/team/'>team</a> <a href='news/'>news</a>", target);
    return 0;
}

/* ---- Sessions ---- */

enum { SESSION_PAGES = 20, SESSION_LINKS = 5 };

static int put_session_page(const char *target, struct fixture_reply *reply, const char *name)
{
    unsigned long page;
    struct body body;
    if (sscanf(target, "/page/%lu", &page) != 1 || page >= SESSION_PAGES)
        return 1;
    body_begin(&body);
    fprintf(body.out, "<h1>Article %lu</h1><p>It always says the same.</p>", page);
    for (unsigned long i = 1; i <= SESSION_LINKS; i++)
        fprintf(body.out, " <a href='/page/%lu%s=%016" PRIx64 "'>on</a>", (page * SESSION_LINKS + i) % SESSION_PAGES,
                name, fresh());
    body_end(&body, reply);
    return 0;
}

static int session(const char *target, struct fixture_reply *reply)
{
    return put_session_page(target, reply, "?sid");
}

static int jsession(const char *target, struct fixture_reply *reply)
{
    return put_session_page(target, reply, ";jsessionid");
}

/* ---- Queries ---- */

static const char *const facets_of_shop[] = {"color",  "size",   "brand", "price", "material", "style", "fit",
                                             "season", "rating", "stock", "sort",  "view",     "page"};

/* A link for each filter that is not on, behind those that are, with one of three values. */
static int facets(const char *target, struct fixture_reply *reply)
{
    if (strncmp(target, "/shop", strlen("/shop")) != 0)
        return 1;
    struct body body;
    unsigned on = 0;
    body_begin(&body);
    fprintf(body.out, "<h1>Things</h1>");
    for (size_t i = 0; i < SUPPORT_COUNT(facets_of_shop); i++) {
        char *name = support_format("%s=", facets_of_shop[i]);
        bool is_on = strstr(target, name) != NULL;
        on += is_on;
        for (int value = 1; !is_on && value <= 3; value++)
            fprintf(body.out, " <a href='%s%c%s%d'>%s %d</a>", target, strchr(target, '?') ? '&' : '?', name, value,
                    facets_of_shop[i], value);
        free(name);
    }
    fprintf(body.out, "<p>%u things</p>", on < 3 ? 100 - 30 * on : 0);
    body_end(&body, reply);
    return 0;
}

static int growing(const char *target, struct fixture_reply *reply)
{
    unsigned parameters = 0;
    for (const char *at = target; *at; at++)
        parameters += *at == '?' || *at == '&';
    fixture_printf(reply, "<h1>%u</h1><a href='%s%cp%u=1'>more</a>", parameters, target, parameters ? '&' : '?',
                   parameters);
    return 0;
}

/* ---- Soft 404 ---- */

static int missing(const char *target, struct fixture_reply *reply)
{
    (void)target;
    reply->body = "<h1>Page not found</h1><p>Try <a href='help/'>help</a>, <a href='old/archive/'>the archive</a>, "
                  "<a href='products/search/'>products</a> or <a href='map/'>the map</a>.</p>";
    return 0;
}

/* ---- All of them ---- */

static const struct trap {
    const char *host, *first; /* what the start page links */
    int (*reply)(const char *target, struct fixture_reply *reply);
} traps[] = {
    {"calendar.test", "/calendar?year=2026&amp;month=3", calendar},
    {"almanac.test", "/2026/3/", almanac},
    {"folders.test", "/a/", folders},
    {"deeper.test", "/down/", deeper},
    {"relative.test", "/company/", relative},
    {"session.test", "/page/0", session},
    {"jsession.test", "/page/0", jsession},
    {"facets.test", "/shop", facets},
    {"growing.test", "/list", growing},
    {"missing.test", "/gone/", missing},
};

int site_traps(const struct fixture_request *request, struct fixture_reply *reply, void *context)
{
    (void)context;
    size_t len = strcspn(request->host, ":");
    for (size_t i = 0; i < SUPPORT_COUNT(traps); i++) {
        if (strlen(traps[i].host) != len || strncasecmp(traps[i].host, request->host, len) != 0)
            continue;
        if (strcmp(request->target, "/") == 0)
            fixture_printf(reply, start_page, traps[i].first);
        else if (strcmp(request->target, "/good") == 0)
            reply->body = "<h1>A good page</h1>";
        else if (strcmp(request->target, "/robots.txt") == 0)
            return 1;
        else
            return traps[i].reply(request->target, reply);
        return 0;
    }
    return 1;
}

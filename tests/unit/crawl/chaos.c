/* Everything at once: workers that answer, fail, redirect, lie and die as chance has it, also when they are asked for
 * robots.txt. Whatever comes, a run ends, and each URL ends once. A seed that fails is printed; CHAOS_SEED=N runs that
 * one alone. */
#include "folder_support.h"
#include "worker_support.h"

#include "support/support.h"

#include <forage/forage.h>
#include <stdatomic.h>
#include <sys/mman.h>

TestSuite(chaos, .init = folder_make_in_memory, .fini = folder_remove, .timeout = 120);

enum { HOSTS = 6, URLS = 90, SEEDS = 60, CRAWLS = 40 };

static atomic_uint *drawn; /* random numbers so far, shared with the workers */
static unsigned seed;
static bool crawls;

static unsigned draw_from(uint64_t state, unsigned n)
{
    state += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 (Steele and others 2014) */
    state = (state ^ state >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    state = (state ^ state >> 27) * UINT64_C(0x94d049bb133111eb);
    return (unsigned)((state ^ state >> 31) >> 33) % n;
}

static unsigned draw(unsigned n)
{
    return draw_from((uint64_t)seed << 32 | atomic_fetch_add(drawn, 1), n);
}

/* ---- The worker's side ---- */

static void fail_somehow(const struct asked *a)
{
    static const enum fetch_error errors[] = {FETCH_TIMEOUT, FETCH_RESET, FETCH_DNS,      FETCH_TLS,
                                              FETCH_EMPTY,   FETCH_IO,    FETCH_PROTOCOL, FETCH_REFUSED};
    answer(a, &(struct fetch_answer){.error = errors[draw(8)], .detail = {"chance", 6}});
}

static void answer_status(const struct asked *a)
{
    static const unsigned statuses[] = {404, 410, 500, 503, 429, 403, 408, 501};
    static const char *const lines[] = {"", "retry-after: 0\n", "retry-after: 3600\n", "retry-after: x\n"};
    const char *line = lines[draw(8) == 0 ? 2 : draw(2)];
    answer(a, &(struct fetch_answer){.status = statuses[draw(8)], .headers = {line, strlen(line)}});
}

static void redirect(const struct asked *a)
{
    static const char *const paths[] = {"robots.txt", "a", "b", "moved"};
    char to[64];
    int len = snprintf(to, sizeof to, "http%s://%s%u.test/%s", draw(4) ? "" : "s", draw(5) ? "h" : "inside",
                       draw(HOSTS), paths[draw(4)]);
    answer(a, &(struct fetch_answer){.status = 302, .location = {to, (size_t)len}});
}

/* Pieces of a body that breaks off, and can be gone on with. */
static void break_off(const struct asked *a)
{
    static const char tag[] = "etag: \"1\"\n";
    bool goes_on = a->request.resume_at > 0;
    struct fetch_answer end = {
        .status = goes_on ? 206 : 200, .kept = true, .resumed = goes_on, .headers = {tag, strlen(tag)}};
    bool is_tagged = a->request.flags & (FETCH_LINKS | FETCH_SITEMAP);
    part(a, is_tagged ? "\1piece" : "piece", is_tagged ? 6 : 5);
    end.body_bytes = 5;
    end.error = draw(2) ? FETCH_TRUNCATED : FETCH_OK;
    answer(a, &end);
}

static void lie(const struct asked *a)
{
    switch (draw(4)) {
    case 0:
        return answer(a, &(struct fetch_answer){.status = 200});
    case 1:
        return answer(a, &(struct fetch_answer){.status = 304, .kept = true, .body = {"x", 1}, .body_bytes = 1});
    case 2:
        part(a, "more than it says", 17);
        return answer(a, &fine);
    default:
        _exit(1);
    }
}

static void add_links(struct buffer *records)
{
    for (unsigned n = draw(6); n; n--) {
        char url[64];
        snprintf(url, sizeof url, "http%s://%s%u.test/link-%u", draw(8) ? "" : "s", draw(12) ? "h" : "inside",
                 draw(HOSTS), draw(60));
        struct fetch_link link = {
            .kind = (enum fetch_link_kind)draw(FETCH_LINK_KIND_COUNT),
            .nofollow = draw(6) == 0,
            .priority = draw(1001),
            .url = {url, strlen(url)},
        };
        if (!fetch_link_encode(&link, records))
            _exit(1);
    }
}

/* A page or a sitemap with links, some of them in a piece of their own. */
static void answer_with_links(const struct asked *a)
{
    static const char *const lines[] = {"", "x-robots-tag: noindex\n", "etag: \"1\"\n", "link: <http://h0.test/>\n"};
    bool is_page = !(a->request.flags & FETCH_SITEMAP);
    struct buffer links = {0}, piece = {0};
    char body[32];
    snprintf(body, sizeof body, "a page %u", draw(50));
    if (draw(3) == 0 && buffer_append_char(&piece, FETCH_PART_LINKS)) {
        add_links(&piece);
        part(a, piece.data, piece.len);
    }
    if (draw(60) == 0)
        part(a, draw(2) ? "\2lie" : "\7lie", 4);
    add_links(&links);
    struct fetch_answer page = {
        .status = 200, .links = {buffer_text(&links), links.len}, .robots = draw(9) ? 0 : draw(4)};
    const char *line = lines[draw(4)];
    page.headers = (struct text){line, strlen(line)};
    page.kept = is_page;
    page.body = (struct text){body, is_page ? strlen(body) : 0};
    page.body_bytes = page.body.len;
    answer(a, &page);
    buffer_release(&links);
    buffer_release(&piece);
}

static void answer_well(const struct asked *a)
{
    if (a->request.flags & (FETCH_LINKS | FETCH_SITEMAP))
        return answer_with_links(a);

    static const char tls[] = "strict-transport-security: max-age=1000\n", none[] = "";
    static const char *const bodies[] = {"User-agent: *\nDisallow: /\n", "User-agent: *\nDisallow: /a\n", "x", ""};
    const char *body = bodies[draw(4)], *lines = draw(6) ? none : tls;
    size_t len = strlen(body);
    answer(a,
           &(struct fetch_answer){
               .status = 200, .kept = true, .body = {body, len}, .body_bytes = len, .headers = {lines, strlen(lines)}});
}

static void act(const struct asked *a)
{
    bool inside = memmem(a->request.host.data, a->request.host.len, "inside", 6) != NULL;
    if (inside && a->request.flags & FETCH_PUBLIC_ONLY)
        return answer(a, &(struct fetch_answer){.error = FETCH_BLOCKED});
    if (a->request.flags & FETCH_RESOLVE_ONLY)
        return draw(6) ? answer(a, &(struct fetch_answer){.address = {draw(2) ? "192.0.2.1" : "192.0.2.2", 9}})
                       : fail_somehow(a);
    if (draw(2))
        part(a, "", 0);
    if (a->request.resume_at && draw(3))
        return break_off(a);
    if (a->request.resume_at)
        return draw(2) ? fail_somehow(a) : answer(a, &(struct fetch_answer){.status = 200});
    static void (*const ways[])(const struct asked *) = {answer_well,  answer_well,   answer_well, answer_well,
                                                         fail_somehow, answer_status, redirect,    redirect,
                                                         break_off,    break_off};
    unsigned way = draw(40);
    if (way == 0)
        lie(a);
    else
        ways[way % 10](a);
}

/* ---- The parent's side ---- */

struct ends {
    struct forage *forage;
    unsigned of_url[URLS], all;
};

static void on_page(const struct forage_page *page, void *context)
{
    struct ends *ends = context;
    const char *number = strstr(page->url, "/url-");
    if (number)
        ends->of_url[atoi(number + 5)]++;
    ends->all++;
}

static void write_list(void)
{
    FILE *out = fopen(in_folder("list"), "w");
    cr_assert(out);
    for (unsigned i = 0; i < URLS; i++)
        fprintf(out, "http%s://%s%u.test/url-%u\n%s", draw(5) ? "" : "s", draw(12) ? "h" : "inside", draw(HOSTS), i,
                draw(9) ? "" : "  out=same.html\n");
    fclose(out);
}

static struct forage_options choose_options(void)
{
    return (struct forage_options){
        .output = in_folder("out"),
        .in_memory = draw(4) == 0,
        .no_state = draw(4) == 0,
        .fresh = draw(4) == 0,
        .hsts = draw(2) ? in_folder("hsts") : NULL,
        .workers = 1 + draw(3),
        .connections = 1 + draw(12),
        .per_host = 1 + draw(3),
        .per_ip = draw(3),
        .delay_ms = draw(3) ? FORAGE_DELAY_NONE : 1 + (int)draw(3),
        .tries = 1 + draw(3),
        .max_wait_ms = 1 + (int)draw(4),
        .host_errors = draw(3) ? 1 + draw(4) : FORAGE_HOST_ERRORS_NEVER,
        .max_redirects = draw(6) ? 3 : -1,
        .keep_errors = draw(4) == 0,
        .ignore_robots = draw(5) == 0,
        .prune_after = draw(2),
        .quota_bytes = draw(8) ? 0 : 40,
        .on_page = on_page,
    };
}

static void choose_crawl(struct forage_options *options)
{
    options->recursive = true;
    options->sitemaps = draw(2);
    options->scope = (enum forage_scope)draw(5);
    options->max_depth = draw(3) ? 0 : 1 + draw(3);
    options->max_pages = draw(4) ? 0 : 1 + draw(60);
    options->max_same = draw(3) ? 0 : 2;
    options->requisites = draw(2);
    options->page_links = draw(2);
}

/* A crawl tells of fewer ends than it counts: not of sitemaps that nobody named, nor of each refusal. */
static void crawl_by_chance(void)
{
    struct ends ends = {0};
    struct forage_summary summary;
    struct forage_options options = choose_options();
    if (crawls)
        choose_crawl(&options);
    options.context = &ends;
    write_list();
    enum forage_status s = forage_new(&options, &ends.forage, NULL, 0);
    cr_assert_eq(s, FORAGE_OK, "seed %u: %d", seed, (int)s);
    forage_add_list(ends.forage, in_folder("list"));
    s = forage_run(ends.forage, &summary);
    forage_free(ends.forage);
    cr_expect_eq(s, FORAGE_OK, "seed %u: %d", seed, (int)s);
    bool is_whole = !summary.out_of_quota && !summary.out_of_pages;
    for (unsigned i = 0; i < URLS; i++)
        cr_expect(ends.of_url[i] == 1 || (!is_whole && !ends.of_url[i]), "seed %u: URL %u ended %u times", seed, i,
                  ends.of_url[i]);
    uint64_t counted = summary.counts.fetched + summary.counts.failed + summary.counts.skipped;
    cr_expect(crawls ? counted >= ends.all : counted == ends.all, "seed %u: %u of %u", seed, ends.all,
              (unsigned)counted);
    cr_expect(!is_whole || summary.counts.in_flight == 0, "seed %u: %u are in flight", seed,
              (unsigned)summary.counts.in_flight);
}

static void try_seeds(unsigned count)
{
    const char *one = getenv("CHAOS_SEED");
    drawn = mmap(NULL, sizeof *drawn, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (unsigned i = 1; i <= (one ? 1 : count); i++) {
        seed = one ? (unsigned)atoi(one) : i;
        *drawn = 0;
        if (one || getenv("CHAOS_TALK"))
            fprintf(stderr, "seed %u\n", seed);
        crawl_by_chance();
    }
    munmap(drawn, sizeof *drawn);
}

Test(chaos, each_url_ends_once_whatever_comes)
{
    try_seeds(support_rounds(SEEDS));
}

/* Runs that end early leave what the next ones go on with, in the same folder. */
Test(chaos, each_url_of_a_crawl_ends_once_whatever_comes)
{
    crawls = true;
    try_seeds(support_rounds(CRAWLS));
}

/* Random use of the backlog, compared with a model that keeps everything in memory; and from time to time the file is
 * cut off at a random byte, as a crash may, and replayed. */
#include "backlog_support.h"

#include <sys/random.h>

TestSuite(backlog_model, .init = scratch_make, .fini = scratch_remove, .timeout = 240);

enum { HOSTS = 12, ORIGINS = 4 * HOSTS, ENTRIES = 60000, ROUNDS = 24, STEPS = 4000 };

enum fate { WAITING, OUT, DONE };

struct fifo {
    uint32_t *numbers;
    size_t head, end, room;
};

struct place {
    struct fifo waiting[BACKLOG_PRIORITIES];
    unsigned waits, out;
    uint64_t could_since, taken_at; /* steps; could_since 0: it could not go when it was last looked at */
};

struct model {
    struct backlog *b;
    uint64_t random;
    uint64_t step;
    size_t added, waiting, out;
    struct place places[ORIGINS];
    uint8_t fate[ENTRIES];
    uint64_t end[ENTRIES];     /* of the file behind the entry */
    uint32_t out_now[ENTRIES]; /* the numbers of those that are out */
    size_t replayed;           /* by the replay that goes on */
    uint64_t wrong;
};

static struct model m;

/* ---- The model ---- */

static unsigned pick(unsigned below)
{
    m.random ^= m.random << 13;
    m.random ^= m.random >> 7;
    m.random ^= m.random << 17;
    return (unsigned)(m.random >> 20) % below;
}

static struct place *place_of(const struct backlog_entry *e)
{
    unsigned host = 0;
    const char *at = strrchr(e->url, '@');
    bool secure = e->url[4] == 's', port = strstr(e->url, ":8080/") != NULL;
    sscanf(at ? at + 2 : e->url + (secure ? 9 : 8), "%u", &host);
    return &m.places[(host * 2 + secure) * 2 + port];
}

static void model_waits(const struct backlog_entry *e, uint32_t number)
{
    struct place *p = place_of(e);
    struct fifo *f = &p->waiting[e->priority];
    if (f->end == f->room) {
        f->room = f->room * 2 + 64;
        f->numbers = realloc(f->numbers, f->room * sizeof *f->numbers);
        cr_assert(f->numbers);
    }
    f->numbers[f->end++] = number;
    p->waits++;
    m.waiting++;
    m.fate[number] = WAITING;
}

static struct fifo *first_of(struct place *p)
{
    for (unsigned i = 0; i < BACKLOG_PRIORITIES; i++)
        if (p->waiting[i].head < p->waiting[i].end)
            return &p->waiting[i];
    return NULL;
}

/* Look who could go now, and since when. To be called after each step: who could not in between has to wait anew. */
static bool look(void)
{
    bool any = false;
    for (struct place *p = m.places; p < m.places + ORIGINS; p++) {
        bool could = p->waits && p->out < backlog_share(m.b);
        p->could_since = !could ? 0 : p->could_since ? p->could_since : m.step;
        any |= could;
    }
    return any;
}

/* P had a turn although another waited for one longer than since P's last. */
static bool is_unfair(const struct place *p)
{
    for (const struct place *q = m.places; q < m.places + ORIGINS; q++)
        if (q != p && q->could_since && q->could_since < p->taken_at && q->taken_at < p->taken_at)
            return true;
    return false;
}

static unsigned share_of(void)
{
    unsigned count = 0;
    for (const struct place *p = m.places; p < m.places + ORIGINS; p++)
        count += p->waits || p->out;
    unsigned share = count ? 100 / count : 10;
    return share < 2 ? 2 : share > 10 ? 10 : share;
}

static const struct backlog_options model_options = {
    .out_max = 100, .share_min = 2, .share_max = 10, .window_bytes = 1, .cache_bytes = 1};

/* ---- Steps ---- */

static void add_some(void)
{
    for (unsigned n = pick(12); n && m.added < ENTRIES; n--) {
        uint32_t number = (uint32_t)m.added++;
        struct backlog_entry e = numbered(number, HOSTS);
        cr_assert_eq(backlog_add(m.b, &e), BACKLOG_OK);
        m.end[number] = backlog_bytes(m.b);
        model_waits(&e, number);
    }
}

static void model_took(struct place *p, uint32_t number, enum fate fate)
{
    struct fifo *f = first_of(p);
    m.wrong += !f || f->numbers[f->head] != number;
    if (!f)
        return;
    f->head++;
    p->waits--;
    m.waiting--;
    m.fate[number] = (uint8_t)fate;
}

static void take_one(void)
{
    struct backlog_entry e;
    bool any = look();
    if (!backlog_next(m.b, &e)) {
        m.wrong += any;
        return;
    }
    uint64_t number = number_of(&e);
    m.wrong += !any || !is_numbered(&e, number, HOSTS);
    if (number >= m.added)
        return;
    struct place *p = place_of(&e);
    m.wrong += !p->could_since || is_unfair(p);
    model_took(p, (uint32_t)number, OUT);
    p->taken_at = ++m.step;
    p->out++;
    m.out_now[m.out++] = (uint32_t)number;
}

static void end_one(void)
{
    if (!m.out)
        return;
    size_t i = pick((unsigned)m.out);
    uint32_t number = m.out_now[i];
    m.out_now[i] = m.out_now[--m.out];
    struct backlog_entry e = numbered(number, HOSTS);
    m.fate[number] = DONE;
    place_of(&e)->out--;
    backlog_done(m.b, e.url, e.url_len);
}

static bool drop_some(const struct backlog_entry *e, void *context)
{
    unsigned *left = context;
    uint64_t number = number_of(e);
    m.wrong += !is_numbered(e, number, HOSTS);
    if (number < m.added)
        model_took(place_of(e), (uint32_t)number, DONE);
    return --*left;
}

static void drop_origin(void)
{
    struct backlog_entry e = numbered(pick((unsigned)m.added + 1), HOSTS);
    unsigned left = 1 + pick(30);
    cr_assert_eq(backlog_drop_origin(m.b, e.url, e.url_len, drop_some, &left), BACKLOG_OK);
}

static void take_step(unsigned round)
{
    unsigned what = pick(1000), adds = round % 3 ? 150 : 400;
    m.step++;
    if (what < adds)
        add_some();
    else if (what < 700)
        take_one();
    else if (what < 990)
        end_one();
    else if (what < 993)
        drop_origin();
    else
        cr_assert_eq(backlog_flush(m.b), BACKLOG_OK);
    look();
    m.wrong += backlog_waiting(m.b) != m.waiting || backlog_out(m.b) != m.out || backlog_share(m.b) != share_of();
}

/* ---- Crash and replay ---- */

static bool replay_one(const struct backlog_entry *e, void *context)
{
    (void)context;
    uint32_t number = (uint32_t)m.replayed++;
    m.wrong += number >= m.added || !is_numbered(e, number, HOSTS);
    if (number >= m.added || m.fate[number] == DONE)
        return false;
    model_waits(e, number);
    return true;
}

static void forget_places(void)
{
    for (struct place *p = m.places; p < m.places + ORIGINS; p++) {
        p->waits = p->out = 0;
        p->could_since = p->taken_at = 0;
        for (unsigned i = 0; i < BACKLOG_PRIORITIES; i++)
            p->waiting[i].head = p->waiting[i].end = 0;
    }
    m.waiting = m.out = 0;
}

/* Cut the file off somewhere near its end, or not at all; return how many entries are whole. */
static size_t tear(uint64_t *cut)
{
    size_t whole = m.added;
    struct stat st;
    cr_assert_eq(stat(in_scratch("out/" BACKLOG_FILE), &st), 0);
    cr_assert_eq((uint64_t)st.st_size, m.added ? m.end[m.added - 1] : 32);
    *cut = (uint64_t)st.st_size;
    if (pick(4))
        *cut -= pick(st.st_size > 40000 ? 40000 : (unsigned)st.st_size - 31);
    cr_assert_eq(truncate(in_scratch("out/" BACKLOG_FILE), (off_t)*cut), 0);
    while (whole && m.end[whole - 1] > *cut)
        whole--;
    return whole;
}

static void crash_and_replay(void)
{
    uint64_t cut;
    struct backlog_replayed replayed;
    close_backlog(m.b, false);
    m.added = tear(&cut);
    forget_places();
    m.b = open_backlog(true, &model_options);
    m.replayed = 0;
    cr_assert_eq(backlog_replay(m.b, replay_one, NULL, &replayed), BACKLOG_OK);
    cr_assert_eq(replayed.entries, m.added, "%zu of %zu entries came back", (size_t)replayed.entries, m.added);
    cr_assert_eq(replayed.queued, m.waiting);
    cr_assert_eq(backlog_bytes(m.b) + replayed.cut_bytes, cut);
}

Test(backlog_model, does_what_the_model_does_whatever_is_asked_and_wherever_the_file_ends)
{
    cr_assert_eq(getrandom(&m.random, sizeof m.random, 0), (ssize_t)sizeof m.random);
    uint64_t seed = m.random |= 1;
    m.b = open_backlog(false, &model_options);
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < STEPS; i++) {
            take_step(round);
            cr_assert_eq(m.wrong, 0, "seed %llx, round %u, step %u", (unsigned long long)seed, round, i);
        }
        crash_and_replay();
        cr_assert_eq(m.wrong, 0, "seed %llx, round %u, replay", (unsigned long long)seed, round);
    }
    cr_assert_gt(backlog_bytes(m.b), 1000000, "the window was never left: the test shows little");
    close_backlog(m.b, true);
    for (struct place *p = m.places; p < m.places + ORIGINS; p++)
        for (unsigned i = 0; i < BACKLOG_PRIORITIES; i++)
            free(p->waiting[i].numbers);
}

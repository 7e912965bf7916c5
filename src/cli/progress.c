#include "cli/progress.h"

#include "base/status.h"
#include "cli/inspect_format.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum {
    SAMPLE_MS = 1000,
    RATE_MS = 5000,
    TREND_MIN_MS = 5000, /* what waits must have become less for so long */
    TREND_MIN_PARTS = 100,
    LEFT_MAX_S = 99 * 86400,
    PIECE_SIZE = 64,
};

static struct progress_sample sample_of(const struct forage_progress *now)
{
    return (struct progress_sample){now->elapsed_ms, now->fetched, now->bytes, now->queued + now->in_flight};
}

void progress_add(struct progress *p, const struct forage_progress *now)
{
    const struct progress_sample *last = &p->samples[(p->count + PROGRESS_SAMPLES - 1) % PROGRESS_SAMPLES];
    if (p->count && now->elapsed_ms - last->elapsed_ms < SAMPLE_MS)
        return;
    p->samples[p->count++ % PROGRESS_SAMPLES] = sample_of(now);
}

/* The oldest sample that is at most AGE_MS old at NOW_MS. NULL: there is none. */
static const struct progress_sample *sample_since(const struct progress *p, unsigned now_ms, unsigned age_ms)
{
    unsigned kept = p->count < PROGRESS_SAMPLES ? p->count : PROGRESS_SAMPLES;
    for (unsigned i = kept; i > 0; i--) {
        const struct progress_sample *s = &p->samples[(p->count - i) % PROGRESS_SAMPLES];
        if (now_ms - s->elapsed_ms <= age_ms)
            return s;
    }
    return NULL;
}

/* From how fast what waits became less. It must have done so over the whole of what is remembered, in its second half
 * and in the last seconds: a crawl that finds more than it fetches has no end that could be told, nor has a list that
 * is read as fast as it is fetched. */
static int64_t time_left(const struct progress *p, const struct progress_sample *now)
{
    const struct progress_sample *first = sample_since(p, now->elapsed_ms, ~0u);
    unsigned span_ms = first ? now->elapsed_ms - first->elapsed_ms : 0;
    const struct progress_sample *half = sample_since(p, now->elapsed_ms, span_ms / 2);
    const struct progress_sample *recent = sample_since(p, now->elapsed_ms, TREND_MIN_MS);
    if (span_ms < TREND_MIN_MS || !half || !recent)
        return -1;
    if (first->left <= half->left || half->left <= now->left || recent->left <= now->left)
        return -1;
    uint64_t less = first->left - now->left;
    if (less < first->left / TREND_MIN_PARTS)
        return -1;
    double seconds = (double)now->left / (double)less * span_ms / 1000;
    return seconds < LEFT_MAX_S ? (int64_t)seconds + 1 : -1;
}

struct progress_rates progress_rates(const struct progress *p, const struct forage_progress *now)
{
    static const struct progress_sample beginning;
    const struct progress_sample last = sample_of(now), *base = sample_since(p, now->elapsed_ms, RATE_MS);
    if (!base || now->elapsed_ms < RATE_MS || base->elapsed_ms == now->elapsed_ms)
        base = &beginning;
    unsigned ms = now->elapsed_ms - base->elapsed_ms;
    double seconds = ms ? ms / 1000.0 : 0.001;
    return (struct progress_rates){
        .pages = (double)(last.pages - base->pages) / seconds,
        .bytes = (double)(last.bytes - base->bytes) / seconds,
        .left_s = time_left(p, &last),
    };
}

/* ---- The line ---- */

/* In the order in which they stand. Those that go first when there is no room have the highest rank. */
enum piece { PIECE_FETCHED, PIECE_RATES, PIECE_QUEUED, PIECE_IN_FLIGHT, PIECE_HOSTS, PIECE_FAILED, PIECE_LEFT, PIECES };

static const unsigned char ranks[PIECES] = {
    [PIECE_FETCHED] = 0, [PIECE_LEFT] = 1,      [PIECE_FAILED] = 2, [PIECE_RATES] = 3,
    [PIECE_QUEUED] = 4,  [PIECE_IN_FLIGHT] = 5, [PIECE_HOSTS] = 6};

static void print_count(char piece[PIECE_SIZE], uint64_t count, const char *word)
{
    snprintf(piece, PIECE_SIZE, ", %llu %s", (unsigned long long)count, word);
}

static void print_rates(char piece[PIECE_SIZE], const struct progress_rates *r)
{
    char size[INSPECT_SIZE_SIZE];
    snprintf(piece, PIECE_SIZE, " (%.*f/s, %s/s)", r->pages < 9.95 ? 1 : 0, r->pages,
             inspect_size((uint64_t)r->bytes, size));
}

static void print_left(char piece[PIECE_SIZE], int64_t s)
{
    long long n = s, hours = n / 3600;
    if (n < 60)
        snprintf(piece, PIECE_SIZE, ", %llds left", n);
    else if (hours < 1)
        snprintf(piece, PIECE_SIZE, ", %lldm %02llds left", n / 60, n % 60);
    else if (hours < 48)
        snprintf(piece, PIECE_SIZE, ", %lldh %02lldm left", hours, n / 60 % 60);
    else
        snprintf(piece, PIECE_SIZE, ", %lldd left", hours / 24);
}

static void print_pieces(char pieces[PIECES][PIECE_SIZE], const struct forage_progress *now,
                         const struct progress_rates *rates)
{
    snprintf(pieces[PIECE_FETCHED], PIECE_SIZE, "%llu fetched", (unsigned long long)now->fetched);
    print_rates(pieces[PIECE_RATES], rates);
    print_count(pieces[PIECE_QUEUED], now->queued, "queued");
    print_count(pieces[PIECE_IN_FLIGHT], now->in_flight, "in flight");
    if (now->hosts > 1)
        print_count(pieces[PIECE_HOSTS], now->hosts, "hosts");
    if (now->failed)
        print_count(pieces[PIECE_FAILED], now->failed, "failed");
    if (rates->left_s >= 0)
        print_left(pieces[PIECE_LEFT], rates->left_s);
}

static size_t length_of(char pieces[PIECES][PIECE_SIZE])
{
    size_t len = 0;
    for (unsigned i = 0; i < PIECES; i++)
        len += strlen(pieces[i]);
    return len;
}

void progress_line(const struct forage_progress *now, const struct progress_rates *rates, unsigned columns,
                   char line[PROGRESS_LINE_SIZE])
{
    char pieces[PIECES][PIECE_SIZE] = {{0}};
    size_t room = columns < PROGRESS_LINE_SIZE ? columns : PROGRESS_LINE_SIZE, len = 0;
    print_pieces(pieces, now, rates);
    for (unsigned rank = PIECES - 1; rank > 0 && length_of(pieces) >= room; rank--)
        for (unsigned i = 0; i < PIECES; i++)
            if (ranks[i] == rank)
                pieces[i][0] = '\0';
    line[0] = '\0';
    for (unsigned i = 0; i < PIECES && len < room; i++)
        len += (size_t)snprintf(line + len, room - len, "%s", pieces[i]);
}

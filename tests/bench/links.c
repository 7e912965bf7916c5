/* How fast links are found: ordinary pages, with and without requisites, and pages made to be slow. Usage: bench_links
 * for the pages below /usr/share/doc and those made to be slow; bench_links FOLDER... for the pages below each folder,
 * symbolic links followed. Nothing is asserted: the targets are printed beside. All times are processor time, the best
 * of several rounds. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buffer.h"
#include "web/links/links.h"

enum {
    PIECE = 64 * 1024, /* as pages come out of the ring */
    CORPUS_MAX = 64 << 20,
    LARGEST_SHARE = 4 << 20, /* of one folder, so that no single project's pages decide */
    ROUNDS = 9,
    COMMENT = 10 << 20,
    MANY = 100000
};

static struct buffer corpus;
static size_t pages, folder_bytes;
static size_t share = CORPUS_MAX; /* of one folder */
static char folder[4096];

static int add_page(const char *path, const struct stat *info, int type, struct FTW *place)
{
    size_t len = strlen(path);
    if (type != FTW_F || len < 5 || strcmp(path + len - 5, ".html") != 0 ||
        corpus.len + (size_t)info->st_size > CORPUS_MAX)
        return 0;
    if (strncmp(folder, path, (size_t)place->base) != 0 || folder[place->base] != '\0') {
        snprintf(folder, sizeof folder, "%.*s", place->base, path);
        folder_bytes = 0;
    }
    folder_bytes += (size_t)info->st_size;
    FILE *file = folder_bytes <= share ? fopen(path, "r") : NULL;
    if (!file)
        return 0;
    pages++;
    if (buffer_reserve(&corpus, (size_t)info->st_size))
        corpus.len += fread(corpus.data + corpus.len, 1, (size_t)info->st_size, file);
    fclose(file);
    return 0;
}

static void count_link(void *context, const struct link *link)
{
    size_t *count = context;
    *count += link->kind != LINK_BASE;
}

/* Processor time, which other programs on the machine disturb less than time on the clock. */
static int64_t processor_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* The shortest of some rounds, in nanoseconds. */
static int64_t measure(const char *text, size_t len, bool requisites, size_t *count)
{
    int64_t best = INT64_MAX;
    for (int round = 0; round < ROUNDS; round++) {
        *count = 0;
        struct links *links =
            links_new(&(struct links_options){.found = count_link, .context = count, .requisites = requisites});
        int64_t begin = processor_ns();
        for (size_t at = 0; at < len; at += PIECE)
            links_feed(links, text + at, len - at < PIECE ? len - at : PIECE);
        links_end(links);
        int64_t took = processor_ns() - begin;
        best = took < best ? took : best;
        links_free(links);
    }
    return best;
}

/* Returns false when there are none. */
static bool measure_pages(const char *below, int walk_flags)
{
    buffer_clear(&corpus);
    pages = folder_bytes = 0;
    nftw(below, add_page, 16, walk_flags);
    if (corpus.len == 0) {
        fprintf(stderr, "bench_links: no pages in %s\n", below);
        return false;
    }
    printf("%s: %zu pages, %.1f MB\n", below, pages, (double)corpus.len / 1e6);
    for (int requisites = 0; requisites < 2; requisites++) {
        size_t count;
        int64_t ns = measure(corpus.data, corpus.len, requisites, &count);
        printf("%-34s %8.0f MB/s   (target 1000) %zu links\n", requisites ? "  with requisites" : "  links",
               (double)corpus.len * 1000 / (double)ns, count);
    }
    return true;
}

static void measure_text(const char *name, const struct buffer *text)
{
    size_t count;
    int64_t plain = measure(text->data, text->len, false, &count), full = measure(text->data, text->len, true, &count);
    printf("%-34s %8.2f ms     (target   50) %8.2f ms with requisites, %.1f MB\n", name, (double)plain / 1e6,
           (double)full / 1e6, (double)text->len / 1e6);
}

static void append_many(struct buffer *text, const char *tags)
{
    for (int i = 0; i < MANY; i++)
        buffer_append_text(text, tags);
}

static void measure_traps(void)
{
    struct buffer nested = {0}, foreign = {0}, attributes = {0}, comment = {0};
    append_many(&nested, "<div>");
    measure_text("100,000 nested tags", &nested);
    buffer_append_text(&foreign, "<svg><desc>");
    append_many(&foreign, "<p><div><g>");
    measure_text("300,000 nested tags inside svg", &foreign);
    buffer_append_text(&attributes, "<a ");
    for (int i = 0; i < MANY; i++)
        buffer_printf(&attributes, "a%d=\"x\" ", i);
    buffer_append_text(&attributes, "href=/>");
    measure_text("100,000 attributes", &attributes);
    buffer_append_text(&comment, "<!--");
    while (comment.len < COMMENT)
        buffer_append_text(&comment, " <a href=/x> - -- ");
    measure_text("10 MiB unterminated comment", &comment);
    buffer_release(&nested);
    buffer_release(&foreign);
    buffer_release(&attributes);
    buffer_release(&comment);
}

int main(int argc, char **argv)
{
    bool found = true;
    for (int i = 1; i < argc; i++)
        found &= measure_pages(argv[i], 0);
    if (argc == 1) {
        share = LARGEST_SHARE;
        found = measure_pages("/usr/share/doc", FTW_PHYS);
        measure_traps();
    }
    buffer_release(&corpus);
    return found ? 0 : 1;
}

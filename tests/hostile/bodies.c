/* Bodies: bombs, lies about lengths and chunks, and bodies that end early. */
#include "hostile/attack.h"

TestSuite(bodies, .timeout = 100);

enum { MIB = 1 << 20, SPARE_BYTES = 48 * MIB };

/* One reply and the error word that it must get. */
struct attempt {
    const char *path;
    const char *error;
    struct fixture_reply reply;
};

/* Run over ATTEMPTS (up to one without a path), two workers, and expect each error word and no file. */
static void expect_errors(const struct attempt *attempts, const char *max_size)
{
    struct fixture_route routes[64] = {0};
    char *list = support_copy("", 1);
    size_t count = 0;
    for (; attempts[count].path; count++)
        routes[count] = (struct fixture_route){.path = attempts[count].path, .reply = attempts[count].reply};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    for (size_t i = 0; i < count; i++) {
        char *longer = support_format("%s%s\n", list, fixture_url(f, attempts[i].path));
        free(list);
        list = longer;
    }
    struct run run = {.input = list};
    attack(&run, "-j", "2", "--timeout", "1", "--max-size", max_size, "-");
    json_t *log = attack_log(&run);
    cr_assert_eq(json_array_size(log), count);
    for (size_t i = 0; i < count; i++) {
        const char *error = attack_error(log, fixture_url(f, attempts[i].path));
        cr_expect(strcmp(error, attempts[i].error) == 0, "%s: '%s' and not '%s'", attempts[i].path, error,
                  attempts[i].error);
        cr_expect_leq(fixture_count(f, attempts[i].path), 2, "%s was asked for again and again", attempts[i].path);
    }
    char *pages = attack_pages(&run);
    cr_expect_str_eq(pages, "");
    free(pages);
    free(list);
    json_decref(log);
    run_release(&run);
    fixture_stop(f);
}

/* ---- Memory ---- */

/* The peak of a run over one URL, as a sum over all processes; its error word goes to ERROR. */
static uint64_t peak_of(const struct fixture_reply *reply, const char *max_size, char error[32])
{
    const struct fixture_route routes[] = {{.path = "/", .reply = *reply}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct run run = {.measure_memory = true, .time_limit_ms = 60000};
    attack(&run, "--max-size", max_size, "--timeout", "10", fixture_url(f, "/"));
    json_t *log = attack_log(&run);
    snprintf(error, 32, "%s", attack_error(log, fixture_url(f, "/")));
    uint64_t peak = run.peak_pss_bytes;
    json_decref(log);
    run_release(&run);
    fixture_stop(f);
    return peak;
}

static uint64_t usual_peak(void)
{
    static const struct fixture_reply small = {.body = "<p>small", .delay_ms = 300};
    char error[32];
    uint64_t peak = peak_of(&small, "64M", error);
    cr_assert_str_eq(error, "");
    return peak;
}

static void expect_flat(const char *what, const struct fixture_reply *reply, const char *max_size, const char *due)
{
    char error[32];
    uint64_t usual = usual_peak(), peak = peak_of(reply, max_size, error);
    cr_assert_str_eq(error, due, "%s", what);
    cr_assert_lt(peak, usual + SPARE_BYTES, "%s: %llu MiB where %llu are usual", what, (unsigned long long)peak / MIB,
                 (unsigned long long)usual / MIB);
}

/* curl's CVE-2023-23916; invariant 4. */
Test(bodies, a_gigabyte_in_a_megabyte_of_gzip_is_cut_off_in_flat_memory)
{
    static const struct fixture_reply bomb = {.generated = 1ULL << 30, .zeros = true, .coding = FIXTURE_GZIP};
    expect_flat("cut at 64 MiB", &bomb, "64M", "too-large");
}

/* Also when all of it is wanted, and goes through memory to the disk. */
Test(bodies, a_large_page_that_is_allowed_is_written_in_flat_memory)
{
    static const struct fixture_reply bomb = {.generated = 400ULL << 20, .zeros = true, .coding = FIXTURE_GZIP};
    expect_flat("kept", &bomb, "1G", "");
}

/* Gzip in gzip, some kilobytes for a quarter of a gigabyte. */
Test(bodies, a_bomb_of_stacked_codings_is_cut_off_in_flat_memory)
{
    static const struct fixture_reply bomb = {
        .generated = 1ULL << 28, .zeros = true, .coding = FIXTURE_GZIP, .layers = 2};
    expect_flat("two layers", &bomb, "64M", "too-large");
}

/* Invariant 4. */
Test(bodies, a_body_without_end_is_cut_off_in_flat_memory)
{
    static char piece[65536];
    memset(piece, 'x', sizeof piece);
    const struct fixture_reply endless = {.fault = FIXTURE_ENDLESS_BODY, .body = piece, .body_len = sizeof piece};
    expect_flat("endless", &endless, "64M", "too-large");
}

/* ---- Codings ---- */

Test(bodies, codings_that_are_unknown_or_too_many_are_refused)
{
    static const struct attempt attempts[] = {
        {"/unknown", "coding", {.headers = "Content-Encoding: x-evil\r\n", .body = "x"}},
        {"/not", "coding", {.headers = "Content-Encoding: gzip\r\n", .body = "this is no gzip"}},
        {"/not-br", "coding", {.headers = "Content-Encoding: br\r\n", .body = "\xff\xff\xff this is no brotli"}},
        {"/not-zstd", "coding", {.headers = "Content-Encoding: zstd\r\n", .body = "this is no zstd"}},
        {"/three", "coding", {.generated = 1000, .coding = FIXTURE_GZIP, .layers = 3}},
        {"/windows", "coding", {.headers = "Content-Encoding: zstd, br\r\n", .body = "x"}},
        {"/ten", "coding", {.generated = 1000, .coding = FIXTURE_GZIP, .layers = 10}},
        {"/list",
         "coding",
         {.headers = "Content-Encoding: gzip,gzip,gzip,gzip,gzip,gzip,gzip,gzip,gzip,gzip\r\n", .body = "x"}},
        {"/half", "truncated", {.generated = 100000, .coding = FIXTURE_GZIP, .no_length = true, .cut_at = 300}},
        {"/half-zlib", "truncated", {.generated = 100000, .coding = FIXTURE_DEFLATE, .no_length = true, .cut_at = 300}},
        {"/zstd-window",
         "coding", /* a frame header that asks for 2 GiB of window */
         {.headers = "Content-Encoding: zstd\r\n", .body = "\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00", .body_len = 9}},
        {0}};
    expect_errors(attempts, "1M");
}

/* What they decode to never reached the limit, so that they were read for ever. */
Test(bodies, bodies_without_end_that_decode_to_nothing_are_cut_off)
{
#define EMPTY_GZIP "\x1f\x8b\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0"
#define ENDLESS(coding, bytes)                                                                                         \
    {                                                                                                                  \
        .fault = FIXTURE_ENDLESS_BODY, .headers = "Content-Encoding: " coding "\r\n", .body = (bytes),                 \
        .body_len = sizeof(bytes) - 1                                                                                  \
    }
    static const struct attempt attempts[] = {
        {"/members", "too-large", ENDLESS("gzip", EMPTY_GZIP)},
        {"/behind-gzip", "too-large", ENDLESS("gzip", EMPTY_GZIP "padding")},
        {"/behind-zlib", "too-large", ENDLESS("deflate", "\x78\x9c\x03\0\0\0\0\x01")},
        {"/behind-deflate", "too-large", ENDLESS("deflate", "\x03\0")},
        {"/behind-brotli", "too-large", ENDLESS("br", "\x06")},
        {"/frames", "too-large", ENDLESS("zstd", "\x28\xb5\x2f\xfd\x20\0\x01\0\0")},
        {"/skippable", "too-large", ENDLESS("zstd", "\x50\x2a\x4d\x18\x04\0\0\0skip")},
        {"/one-skippable", "too-large", ENDLESS("zstd", "\x50\x2a\x4d\x18")}, /* of 407 MB */
        {"/layers", "too-large", ENDLESS("zstd, gzip", EMPTY_GZIP)},
        {0}};
    expect_errors(attempts, "1000");
}

/* ---- Lengths and chunks ---- */

/* wget's CVE-2017-13089. None of these bodies is known to be complete. */
Test(bodies, lengths_that_are_no_lengths_never_make_a_page)
{
    static const struct attempt attempts[] = {
        {"/negative", "protocol", {.content_length = "-1", .body = "body"}},
        {"/minimum", "protocol", {.content_length = "-9223372036854775808", .body = "body"}},
        {"/word", "protocol", {.content_length = "many", .body = "body"}},
        {"/hex", "protocol", {.content_length = "0x4", .body = "body"}},
        {"/plus", "protocol", {.content_length = "+4", .body = "body"}},
        {"/tail", "protocol", {.content_length = "4x", .body = "body"}},
        {"/huge", "protocol", {.content_length = "99999999999999999999999", .body = "body"}},
        {"/wraps", "protocol", {.content_length = "18446744073709551620", .body = "body"}},
        {"/most", "too-large", {.content_length = "9223372036854775807", .body = "body"}},
        {"/two", "protocol", {.headers = "Content-Length: 2\r\n", .body = "body"}},
        {"/list", "protocol", {.content_length = "4, 2", .body = "body"}},
        {"/empty", "protocol", {.content_length = "", .body = "body"}},
        {"/more", "truncated", {.content_length = "5", .body = "body"}},
        {"/cut", "truncated", {.generated = 5000, .end = FIXTURE_DROP, .cut_at = 700}},
        {"/none", "truncated", {.generated = 5000, .end = FIXTURE_DROP, .cut_at = FIXTURE_NO_BODY}},
        {"/reset", "reset", {.generated = 5000, .end = FIXTURE_RESET, .cut_at = 700}},
        {"/hang", "timeout", {.generated = 5000, .end = FIXTURE_HANG, .cut_at = 700}},
        {0}};
    expect_errors(attempts, "1M");
}

Test(bodies, chunks_that_are_no_chunks_never_make_a_page)
{
    static const struct attempt attempts[] = {
        {"/negative", "protocol", {.body = "body", .chunk = 4, .chunk_head = "-4"}},
        {"/word", "protocol", {.body = "body", .chunk = 4, .chunk_head = "zz"}},
        {"/huge", "protocol", {.body = "body", .chunk = 4, .chunk_head = "ffffffffffffffffffff"}},
        {"/most", "truncated", {.body = "body", .chunk = 4, .chunk_head = "7ffffffffffffff", .end = FIXTURE_DROP}},
        {"/minus-one", "protocol", {.body = "body", .chunk = 4, .chunk_head = "ffffffffffffffff", .end = FIXTURE_DROP}},
        {"/none", "protocol", {.body = "body", .chunk = 4, .chunk_head = ""}},
        {"/short", "protocol", {.body = "body", .chunk = 4, .chunk_head = "3"}},
        {"/long", "protocol", {.body = "body", .chunk = 4, .chunk_head = "6"}},
        {"/cut", "truncated", {.generated = 5000, .chunk = 100, .end = FIXTURE_DROP, .cut_at = 700}},
        {"/last", "truncated", {.body = "body", .chunk = 4, .end = FIXTURE_DROP, .cut_at = 9}},
        {"/reset", "reset", {.generated = 5000, .chunk = 100, .end = FIXTURE_RESET, .cut_at = 700}},
        {"/hang", "timeout", {.generated = 5000, .chunk = 100, .end = FIXTURE_HANG, .cut_at = 700}},
        {0}};
    expect_errors(attempts, "1M");
}

/* The only coding of the transfer that is asked for is chunked. libcurl undoes others and does not see that they are
 * cut. */
Test(bodies, transfer_codings_that_nobody_asked_for_are_refused)
{
    static const char stored[] = "\x1f\x8b\x08\0\0\0\0\0\0\x03\x00\xff\xff\0\0<p>half"; /* of 65535 bytes */
    static const struct attempt attempts[] = {
        {"/gzip",
         "protocol",
         {.headers = "Transfer-Encoding: gzip\r\n", .body = stored, .body_len = 22, .no_length = true}},
        {"/both", "protocol", {.headers = "Transfer-Encoding: gzip\r\n", .body = stored, .body_len = 22, .chunk = 22}},
        {"/list",
         "protocol",
         {.headers = "Transfer-Encoding: gzip, chunked\r\n", .body = "0\r\n\r\n", .no_length = true}},
        {"/unknown", "protocol", {.headers = "Transfer-Encoding: x\r\n", .body = "x", .no_length = true}},
        {"/last", "protocol", {.headers = "Transfer-Encoding: chunked, x\r\n", .body = "x", .no_length = true}},
        {0}};
    expect_errors(attempts, "1M");
}

/* ---- What is there already ---- */

/* Invariant 1. */
Test(bodies, a_fetch_that_fails_leaves_the_last_good_copy)
{
    static const struct fixture_reply bad[] = {
        {.generated = 500000, .end = FIXTURE_DROP, .cut_at = 200000},
        {.generated = 500000, .chunk = 1000, .end = FIXTURE_DROP, .cut_at = 200000},
        {.generated = 500000, .coding = FIXTURE_GZIP, .no_length = true, .cut_at = 2000},
        {.generated = 2 * MIB},
        {.generated = 2 * MIB, .coding = FIXTURE_GZIP},
        {.status = 500, .body = "sorry"},
        {.status = 304},
        {.status = 204 + 100, .body = "x"},
        {.location = "file:///etc/passwd"},
        {.fault = FIXTURE_SILENT, .end = FIXTURE_DROP},
    };
    char *folder = files_temp_folder();
    static const struct fixture_route good[] = {{.path = "/page", .reply = {.body = "the good copy"}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = good});
    uint16_t port = fixture_port(f);
    struct run run = {.working_folder = folder};
    attack(&run, fixture_url(f, "/page"));
    run_release(&run);
    fixture_stop(f);
    for (size_t i = 0; i < SUPPORT_COUNT(bad); i++) {
        const struct fixture_route routes[] = {{.path = "/page", .reply = bad[i]}, {0}};
        f = fixture_start(&(struct fixture_options){.routes = routes, .port = port});
        run = (struct run){.working_folder = folder};
        attack(&run, "--max-size", "1M", "--timeout", "5", fixture_url(f, "/page"));
        cr_assert_neq(run.status, 0, "%zu", i);
        cr_assert(attack_file_is(&run, "out/127.0.0.1/page~.html", "the good copy"), "%zu", i);
        char *pages = attack_pages(&run);
        cr_assert_str_eq(pages, "127.0.0.1/page~.html\n", "%zu: %s", i, pages);
        free(pages);
        run_release(&run);
        fixture_stop(f);
    }
    files_remove(folder);
    free(folder);
}

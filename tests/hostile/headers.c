/* Heads: without end, without sense, drop by drop, or full of what a terminal would act on. */
#include "hostile/attack.h"

TestSuite(headers, .timeout = 100);

enum { MIB = 1 << 20, SPARE_BYTES = 32 * MIB };

/* ---- Without end ---- */

/* The error word and the peak of a run over one URL. */
static uint64_t peak_of(const struct fixture_reply *reply, const char *due)
{
    const struct fixture_route routes[] = {{.path = "/x", .reply = *reply}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct run run = {.measure_memory = true};
    attack(&run, "--timeout", "5", fixture_url(f, "/x"));
    json_t *log = attack_log(&run);
    cr_assert_str_eq(attack_error(log, fixture_url(f, "/x")), due, "%s", run.err);
    cr_assert_eq(fixture_count(f, "/x"), 1);
    cr_assert_lt(run.wall_ms, 15000);
    char *pages = attack_pages(&run);
    cr_assert_eq(*pages == '\0', *due != '\0', "%s", pages);
    uint64_t peak = run.peak_pss_bytes;
    free(pages);
    json_decref(log);
    run_release(&run);
    fixture_stop(f);
    return peak;
}

static void expect_flat(enum fixture_fault fault, const char *due)
{
    static const struct fixture_reply small = {.body = "<p>small", .delay_ms = 300};
    const struct fixture_reply endless = {.fault = fault, .body = "x", .chunk = 1};
    uint64_t usual = peak_of(&small, ""), peak = peak_of(&endless, due);
    cr_assert_lt(peak, usual + SPARE_BYTES, "%llu MiB where %llu are usual", (unsigned long long)peak / MIB,
                 (unsigned long long)usual / MIB);
}

/* curl's CVE-2023-38039; invariant 4. */
Test(headers, header_lines_without_end_are_a_protocol_error_in_flat_memory)
{
    expect_flat(FIXTURE_ENDLESS_HEADERS, "protocol");
}

Test(headers, a_header_line_without_end_is_a_protocol_error_in_flat_memory)
{
    expect_flat(FIXTURE_ENDLESS_HEADER_LINE, "protocol");
}

Test(headers, interim_answers_without_end_are_a_protocol_error_in_flat_memory)
{
    expect_flat(FIXTURE_ENDLESS_1XX, "protocol");
}

Test(headers, trailers_without_end_are_a_protocol_error_in_flat_memory)
{
    expect_flat(FIXTURE_ENDLESS_TRAILERS, "protocol");
}

/* ---- Drop by drop ---- */

/* Invariant 4, in time: a server that keeps on sending a byte now and then makes no progress. */
Test(headers, a_server_that_drips_times_out_wherever_it_drips)
{
    static const struct fixture_route routes[] = {
        {.path = "/body", .reply = {.generated = 10000, .pace_ms = 200, .pace_bytes = 1}},
        {.path = "/chunks", .reply = {.generated = 10000, .chunk = 1, .pace_ms = 200, .pace_bytes = 1}},
        {.path = "/gzip", .reply = {.generated = 900000, .coding = FIXTURE_GZIP, .pace_ms = 200, .pace_bytes = 1}},
        {.path = "/silent", .reply = {.fault = FIXTURE_SILENT, .end = FIXTURE_HANG}},
        {.path = "/head", .reply = {.fault = FIXTURE_RAW, .body = "HTTP/1.1 200 OK\r\nX: y", .end = FIXTURE_HANG}},
        {.path = "/late", .reply = {.body = "x", .delay_ms = 60000}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct run run = {0};
    attack(&run, "--timeout", "1", "--per-host", "8", fixture_url(f, "/body"), fixture_url(f, "/chunks"),
           fixture_url(f, "/gzip"), fixture_url(f, "/silent"), fixture_url(f, "/head"), fixture_url(f, "/late"));
    json_t *log = attack_log(&run);
    cr_assert_eq(json_array_size(log), 6);
    for (size_t i = 0; i < 6; i++)
        cr_assert_str_eq(text_member(json_array_get(log, i), "error"), "timeout", "%s",
                         text_member(json_array_get(log, i), "url"));
    cr_assert_lt(run.wall_ms, 5000, "%lld ms with a timeout of one second", (long long)run.wall_ms);
    cr_assert_eq(run.status, 4);
    json_decref(log);
    run_release(&run);
    fixture_stop(f);
}

/* ---- Escapes ---- */

/* Invariant 7: attack() looks at every byte of what was said and logged. */
Test(headers, nothing_that_a_server_writes_into_its_head_reaches_a_terminal)
{
#define EVIL "\x1b]0;owned\x07\x1b[31m\xc2\x9b\xe2\x80\xae\xff\x7f\b\r"
    static const struct fixture_route routes[] = {
        {.path = "/reason", .reply = {.status = 500, .reason = EVIL}},
        {.path = "/type", .reply = {.type = "text/" EVIL "html", .body = "x"}},
        {.path = "/header", .reply = {.headers = EVIL ": " EVIL "\r\n", .body = "x"}},
        {.path = "/location", .reply = {.location = "http://" EVIL "/"}},
        {.path = "/scheme", .reply = {.location = EVIL "://x/"}},
        {.path = "/path", .reply = {.location = "/to?" EVIL "#" EVIL}},
        {.path = "/coding", .reply = {.headers = "Content-Encoding: " EVIL "\r\n", .body = "x"}},
        {.path = "/length", .reply = {.content_length = EVIL, .body = "x"}},
        {.path = "/chunk", .reply = {.body = "x", .chunk = 1, .chunk_head = EVIL}},
        {.path = "/version",
         .reply = {.fault = FIXTURE_RAW, .body = "HTTP/" EVIL " 200 OK\r\n\r\n", .end = FIXTURE_DROP}},
        {.path = "/status", .reply = {.fault = FIXTURE_RAW, .body = "HTTP/1.1 " EVIL "\r\n\r\n", .end = FIXTURE_DROP}},
        {.path = "/garbage", .reply = {.fault = FIXTURE_RAW, .body = EVIL EVIL "\n" EVIL, .end = FIXTURE_DROP}},
        {.path = "/nul",
         .reply = {.headers = "X: a\0b\r\nContent-Type: text/\0x\r\n", .headers_len = 30, .type = "", .body = "x"}},
        {.path = "/", .prefix = true, .reply = {.status = 404, .reason = EVIL, .body = EVIL}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    const char *arguments[SUPPORT_COUNT(routes) + 4] = {"--timeout", "3"};
    for (size_t i = 0; routes[i].path; i++)
        arguments[i + 2] = fixture_url(f, routes[i].path);
    struct run run = {0};
    attack_argv(&run, arguments);
    json_t *log = attack_log(&run);
    cr_assert_eq(json_array_size(log), SUPPORT_COUNT(routes) - 1);
    cr_assert_not(text_has(run.err, "owned"), "%s", run.err);
    json_decref(log);
    run_release(&run);

    /* On a terminal there are a line a page and the progress besides, with our own CR and erase-line. */
    run = (struct run){.terminal_error = true};
    run_argv(&run, arguments);
    for (const char *c = run.err; *c; c++)
        cr_assert((*c >= ' ' && *c <= '~') || strchr("\r\n", *c) || strncmp(c, "\x1b[K", 3) == 0, "byte 0x%02x",
                  (unsigned char)*c);
    cr_assert_not(text_has(run.err, "owned"), "%s", run.err);
    run_release(&run);
    fixture_stop(f);
#undef EVIL
}

/* curl's CVE-2014-8150. */
Test(headers, a_line_end_in_a_location_injects_no_request_and_no_header)
{
    static const struct fixture_route routes[] = {
        {.path = "/1", .reply = {.location = "/to%0d%0aX-Injected:%20yes%0d%0a%0d%0aGET%20/evil%20HTTP/1.1"}},
        {.path = "/2", .reply = {.location = "/to\rX-Injected: yes"}},
        {.path = "/3", .reply = {.location = "/to\nX-Injected: yes"}},
        {.path = "/4", .reply = {.location = "/to\r\n X-Injected: yes"}},
        {.path = "/5", .reply = {.location = "http://127.0.0.1\r\tX-Injected: yes/"}},
        {.path = "/6",
         .reply = {.location = "/to\xc4\x8d\xc4\x8aX-Injected: yes"}}, /* U+010D, U+010A: CR LF when cut */
        {.path = "/7", .reply = {.location = "/to?a b\tc\x01"}},
        {.path = "/", .prefix = true, .reply = {.body = "x"}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct run run = {.input = "http://127.0.0.1:1/a\rb\n"};
    attack(&run, "--timeout", "3", fixture_url(f, "/1"), fixture_url(f, "/2"), fixture_url(f, "/3"),
           fixture_url(f, "/4"), fixture_url(f, "/5"), fixture_url(f, "/6"), fixture_url(f, "/7"), "-H", "X-Own: 1",
           "-");
    size_t count;
    const struct fixture_request *requests = fixture_requests(f, &count);
    for (size_t i = 0; i < count; i++) {
        cr_assert_not(requests[i].malformed, "%s", requests[i].head);
        cr_assert_null(fixture_find_header(&requests[i], "X-Injected"), "%s", requests[i].head);
        cr_assert(attack_is_clean(requests[i].target, strlen(requests[i].target)));
        cr_assert_null(strpbrk(requests[i].target, " \t\n"));
        cr_assert_eq(text_times(requests[i].head, "HTTP/1.1"), 1 + text_times(requests[i].target, "HTTP/1.1"));
    }
    cr_assert_eq(fixture_count(f, "/evil"), 0);
    cr_assert_geq(count, 12);
    run_release(&run);

    run = (struct run){0};
    attack(&run, "-H", "X: a\r\nX-Injected: yes", fixture_url(f, "/x"));
    cr_assert_eq(run.status, 2);
    cr_assert_eq(fixture_count(f, "/x"), 0);
    run_release(&run);
    fixture_stop(f);
}

/* ---- Time ---- */

/* The parser of heads: 50,000 headers, and one of nearly 100 KiB, many times. */
Test(headers, heads_of_any_shape_are_read_in_linear_time)
{
    enum { SIZE = 250000, TIMES = 40 };
    char *many = support_alloc(SIZE + 1), *commas = support_alloc(SIZE + 1), *list = support_copy("", 1);
    for (size_t i = 0; i + 5 <= SIZE; i += 5)
        memcpy(many + i, "a:b\r\n", 5);
    strcpy(commas, "Content-Type: ");
    memset(commas + 14, ',', 90000);
    memcpy(commas + 90014, "\r\n", 3);
    const struct fixture_route routes[] = {
        {.path = "/many", .prefix = true, .reply = {.headers = many, .body = "x"}},
        {.path = "/commas", .prefix = true, .reply = {.headers = commas, .type = "", .body = "x"}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    for (int i = 0; i < TIMES; i++) {
        char *longer = support_format("%s127.0.0.1:%u/many?%d\n127.0.0.1:%u/commas?%d\n", list, fixture_port(f), i,
                                      fixture_port(f), i);
        free(list);
        list = longer;
    }
    struct run run = {.input = list};
    attack(&run, "-");
    cr_assert_eq(run.status, 0, "%s", run.err);
    cr_assert_lt(run.wall_ms, 8000, "%lld ms", (long long)run.wall_ms);
    run_release(&run);
    fixture_stop(f);
    free(list);
    free(commas);
    free(many);
}

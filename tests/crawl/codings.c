/* Content codings: what is sent packed is kept as it was, and what cannot be unpacked is not kept. */
#include "support/crawl.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <forage/forage.h>
#include <stdlib.h>

TestSuite(codings, .timeout = 60);

#define TEXT "<p>pressed, pressed, pressed and pressed again\n"

static const char brotli[] =
    "\x1b\x2e\x00\xf8\x8d\x94\xa9\xeb\x53\xf3\x84\xb9\xc1\x69\x05\x10\x1f\x32\xb0\x01\x07\x0e\x59\xe0"
    "\xf1\xe2\x77\x02\x0c\xc0\x11\x92\xb8\x3b\xbd\x4e\x1b\x12";
static const char zstd[] =
    "\x28\xb5\x2f\xfd\x20\x2f\xed\x00\x00\xa8\x3c\x70\x3e\x70\x72\x65\x73\x73\x65\x64\x2c\x20\x20\x61"
    "\x6e\x64\x67\x61\x69\x6e\x0a\x02\x00\x2f\x1b\x21\x52\x92";
static const char gzip_of_brotli[] = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x01\x26\x00\xd9\xff"
                                     "\x1b\x2e\x00\xf8\x8d\x94\xa9\xeb\x53\xf3\x84\xb9\xc1\x69\x05\x10\x1f"
                                     "\x32\xb0\x01\x07\x0e\x59\xe0\xf1\xe2\x77\x02\x0c\xc0\x11\x92\xb8\x3b"
                                     "\xbd\x4e\x1b\x12\xf5\x3f\xbd\xb3\x26\x00\x00\x00";

enum { BROTLI = sizeof brotli - 1, ZSTD = sizeof zstd - 1, BOTH = sizeof gzip_of_brotli - 1 };

#define PACKED(bytes, len, coding) .body = (bytes), .body_len = (len), .headers = "Content-Encoding: " coding "\r\n"

static const struct fixture_route routes[] = {
    {.path = "/gzip", .reply = {.body = TEXT, .coding = FIXTURE_GZIP}},
    {.path = "/gzip-chunks", .reply = {.body = TEXT, .coding = FIXTURE_GZIP, .chunk = 1}},
    {.path = "/deflate", .reply = {.body = TEXT, .coding = FIXTURE_DEFLATE}},
    {.path = "/raw", .reply = {.body = TEXT, .coding = FIXTURE_RAW_DEFLATE}},
    {.path = "/br", .reply = {PACKED(brotli, BROTLI, "br")}},
    {.path = "/br-chunks", .reply = {PACKED(brotli, BROTLI, "br"), .chunk = 1}},
    {.path = "/zstd", .reply = {PACKED(zstd, ZSTD, "zstd")}},
    {.path = "/zstd-chunks", .reply = {PACKED(zstd, ZSTD, "zstd"), .chunk = 1}},
    {.path = "/twice", .reply = {.body = TEXT, .coding = FIXTURE_GZIP, .layers = 2}},
    {.path = "/both", .reply = {PACKED(gzip_of_brotli, BOTH, "br, gzip")}},
    {.path = "/both-lines", .reply = {PACKED(gzip_of_brotli, BOTH, "br\r\nContent-Encoding: gzip")}},
    {.path = "/three", .reply = {.body = TEXT, .coding = FIXTURE_GZIP, .layers = 3}},
    {.path = "/identity", .reply = {PACKED(TEXT, 0, "identity")}},
    {.path = "/upper", .reply = {PACKED(brotli, BROTLI, "BR")}},
    {.path = "/empty", .reply = {PACKED("", 0, "gzip")}},
    {.path = "/cut-br", .reply = {PACKED(brotli, BROTLI - 9, "br")}},
    {.path = "/cut-zstd", .reply = {PACKED(zstd, ZSTD - 9, "zstd")}},
    {.path = "/bad-deflate", .reply = {PACKED("\x78\x9c\xff\xff\xff\xff", 0, "deflate")}},
    {.path = "/wrong-order", .reply = {PACKED(gzip_of_brotli, BOTH, "gzip, br")}},
    {.path = "/unknown", .reply = {PACKED(TEXT, 0, "rot13")}},
    {.path = "/unknown-under", .reply = {PACKED(zstd, ZSTD, "rot13, zstd")}},
    {.path = "/gone", .reply = {PACKED("what", 0, "rot13"), .status = 404}},
    {0}};

#define URL "http://www.shop.com/"

static const struct crawl_row rows[] = {{URL "gzip", 200, NULL, "shop/gzip~.html", TEXT},
                                        {URL "gzip-chunks", 200, NULL, "shop/gzip-chunks~.html", TEXT},
                                        {URL "deflate", 200, NULL, "shop/deflate~.html", TEXT},
                                        {URL "raw", 200, NULL, "shop/raw~.html", TEXT},
                                        {URL "br", 200, NULL, "shop/br~.html", TEXT},
                                        {URL "br-chunks", 200, NULL, "shop/br-chunks~.html", TEXT},
                                        {URL "zstd", 200, NULL, "shop/zstd~.html", TEXT},
                                        {URL "zstd-chunks", 200, NULL, "shop/zstd-chunks~.html", TEXT},
                                        {URL "twice", 200, NULL, "shop/twice~.html", TEXT},
                                        {URL "both", 200, NULL, "shop/both~.html", TEXT},
                                        {URL "both-lines", 200, NULL, "shop/both-lines~.html", TEXT},
                                        {URL "identity", 200, NULL, "shop/identity~.html", TEXT},
                                        {URL "upper", 200, NULL, "shop/upper~.html", TEXT},
                                        {URL "empty", 200, NULL, "shop/empty~.html", ""},
                                        {URL "cut-br", 200, "truncated", NULL, NULL},
                                        {URL "cut-zstd", 200, "truncated", NULL, NULL},
                                        {URL "bad-deflate", 200, "coding", NULL, NULL},
                                        {URL "wrong-order", 200, "coding", NULL, NULL},
                                        {URL "three", 200, "coding", NULL, NULL},
                                        {URL "unknown", 200, "coding", NULL, NULL},
                                        {URL "unknown-under", 200, "coding", NULL, NULL},
                                        {URL "gone", 404, NULL, NULL, NULL},
                                        {0}};

Test(codings, what_was_packed_is_kept_as_it_was_or_not_at_all)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    char *list = crawl_list(rows);
    struct crawl c = {.run.input = list};
    crawl_run(&c, f, "-", NULL);
    cr_assert(crawl_agrees(&c, rows));
    cr_assert_eq(c.run.status, FORAGE_EXIT_NETWORK);
    crawl_release(&c);
    free(list);
    fixture_stop(f);
}

#include "fetch/error.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

static const struct {
    CURLcode code;
    long os_errno;
    const char *word;
    const char *words; /* libcurl's; NULL: none */
    bool in_body;
} rows[] = {
    {CURLE_OK, 0, ""},
    {CURLE_OPERATION_TIMEDOUT, 0, "timeout"},
    {CURLE_PARTIAL_FILE, 0, "truncated"},
    {CURLE_GOT_NOTHING, 0, "empty"},
    {CURLE_COULDNT_CONNECT, ECONNREFUSED, "refused"},
    {CURLE_COULDNT_CONNECT, ENETUNREACH, "unreachable"},
    {CURLE_COULDNT_CONNECT, EHOSTUNREACH, "unreachable"},
    {CURLE_COULDNT_CONNECT, ETIMEDOUT, "timeout"},
    {CURLE_RECV_ERROR, ECONNRESET, "reset"},
    {CURLE_RECV_ERROR, 0, "protocol"},
    {CURLE_SEND_ERROR, EPIPE, "reset"},
    {CURLE_SEND_ERROR, 0, "reset"},
    {CURLE_COULDNT_RESOLVE_HOST, 0, "dns"},
    {CURLE_PEER_FAILED_VERIFICATION, 0, "tls"},
    {CURLE_SSL_CONNECT_ERROR, 0, "tls"},
    {CURLE_WEIRD_SERVER_REPLY, 0, "protocol"},
    {CURLE_HTTP2, 0, "reset"},
    {CURLE_HTTP2, 0, "truncated", NULL, true},
    {CURLE_HTTP2_STREAM, 0, "reset", "HTTP/2 stream 1 was not closed cleanly: INTERNAL_ERROR (err 2)"},
    {CURLE_HTTP2_STREAM, 0, "reset", "HTTP/2 stream 1 was not closed cleanly: CANCEL (err 8)"},
    {CURLE_HTTP2_STREAM, 0, "protocol", "HTTP/2 stream 1 was not closed cleanly: PROTOCOL_ERROR (err 1)"},
    {CURLE_HTTP2_STREAM, 0, "truncated", "HTTP/2 stream 1 was not closed cleanly: INTERNAL_ERROR (err 2)", true},
    {CURLE_HTTP2_STREAM, 0, "truncated", "HTTP/2 stream 1 was not closed cleanly: PROTOCOL_ERROR (err 1)", true},
    {CURLE_HTTP3, 0, "reset"},
    {CURLE_HTTP3, 0, "truncated", NULL, true},
    {CURLE_URL_MALFORMAT, 0, "url"},
    {CURLE_OUT_OF_MEMORY, 0, "io"},
};

Test(error, each_of_libcurls_codes_has_its_word)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *words = rows[i].words ? rows[i].words : "";
        enum fetch_error error = fetch_error_of_curl(rows[i].code, rows[i].os_errno, words, rows[i].in_body);
        cr_expect_str_eq(fetch_error_word(error), rows[i].word, "row %zu: code %d, errno %ld", i, rows[i].code,
                         rows[i].os_errno);
    }
}

Test(error, the_words_are_those_that_the_readme_promises)
{
    static const char *const words[] = {"",      "timeout", "truncated",   "too-large", "protocol", "coding", "reset",
                                        "empty", "refused", "unreachable", "redirect",  "scheme",   "url",    "dns",
                                        "tls",   "robots",  "scope",       "blocked",   "lost",     "io"};
    cr_assert_eq(sizeof words / sizeof *words, FETCH_ERROR_COUNT);
    for (int i = 0; i < FETCH_ERROR_COUNT; i++)
        cr_expect_str_eq(fetch_error_word((enum fetch_error)i), words[i]);
    cr_expect_str_eq(fetch_error_word((enum fetch_error)99), "unknown");
}

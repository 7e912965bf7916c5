#include "web/url/idna.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/status.h"

/* Beyond the conformance records: what the wrapper around libidn2 adds or undoes. NULL: the domain is refused. */
Test(idna, domains_beyond_ascii_convert_as_uts46_says)
{
    static const struct {
        const char *domain, *ascii;
    } rows[] = {
        {"\xc3\x9f\xcc\x81.example", "xn--zca60i.example"}, /* a mark behind a character that is kept */
        {"stra\xc3\x9f"
         "e",
         "xn--strae-oqa"},
        {"\xe1\xbd\x88\xce\xb4\xcf\x85\xcf\x83\xcf\x83\xce\xb5\xcf\x8d\xcf\x82", "xn--pxac3bcak3d8526a"},
        {"-\xc3\xa9-", "xn-----bja"},                                       /* hyphens at both ends */
        {"a\xc2\xad\xcc\x81", "xn--1ca"},                                   /* NFC across an ignored character */
        {"\xef\xbc\xad\xef\xbc\xb9", "my"},                                 /* wide letters */
        {"\xef\xbd\x98\xef\xbd\x8e\xef\xbc\x8d\xef\xbc\x8dzca", "xn--zca"}, /* a wide xn-- label */
        {"\xef\xbd\x98\xef\xbd\x8e\xef\xbc\x8d\xef\xbc\x8d"
         "a",
         NULL},
        {"xn--\xc3\xa9", NULL},
        {"xn--abc-.\xc3\xa9", NULL}, /* decodes to nothing but ASCII */
        {"xn--ss-.\xc3\xa9", NULL},
        {"xn--1ug.\xc3\xa9", NULL}, /* a lone joiner */
        {"\xcc\x81"
         "a",
         NULL}, /* begins with a mark */
        {"\xd7\x90.com", "xn--4db.com"},
        {"\xd7\x90"
         "a",
         NULL},
        {"1.\xd7\x90", NULL}, /* RFC 5893: a label of a bidi domain begins with a letter */
        {"a-.\xd7\x90", NULL},
        {"a1.\xd7\x90", "a1.xn--4db"},
        {"\xf0\x9f\x92\xa9.la", "xn--ls8h.la"},
        {"\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa8", NULL}, /* an emoji joined by ZWJ fails CheckJoiners */
        {"\xe4\xb8\xad\xe5\x9b\xbd\xe4\xba\x92\xe8\x81\x94\xe7\xbd\x91\xe7\xbb\x9c\xe4\xbf\xa1\xe6\x81\xaf\xe4\xb8\xad"
         "\xe5\xbf\x83.cn",
         "xn--fiqa61au8b7zsevnm8ak20mc4a87e.cn"},
        {"\xe1\x84\x80\xe1\x85\xa1", "xn--o39a"}, /* Hangul jamo compose */
        {"\xc3\x28", NULL},
        {"\xf4\x90\x80\x80", NULL},
    };
    int wrong = 0;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char ascii[IDNA_MAX_BYTES];
        size_t len = 0;
        bool ok = idna_to_ascii(rows[i].domain, strlen(rows[i].domain), ascii, &len);
        if (ok == (rows[i].ascii != NULL) &&
            (!ok || (strlen(rows[i].ascii) == len && !memcmp(rows[i].ascii, ascii, len))))
            continue;
        cr_log_error("%s: '%.*s', wanted %s", rows[i].domain, ok ? (int)len : 0, ascii,
                     rows[i].ascii ? rows[i].ascii : "a failure");
        wrong++;
    }
    cr_assert_eq(wrong, 0);
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

Test(idna, a_domain_of_the_greatest_length_takes_bounded_time)
{
    static const char *const fills[] = {"\xc3\xbc", "\xe4\xb8\xad", "\xc3\xbc.", "\xc3\x9f", "a\xcc\x81",
                                        "\xcc\x81", "\xe2\x80\x8d", "\xd7\x90",  "xn--zca.", "xn--\xc3\xbc"};
    for (size_t i = 0; i < COUNT_OF(fills); i++) {
        char domain[IDNA_MAX_BYTES + 8] = "", ascii[IDNA_MAX_BYTES];
        size_t len = 0, fill = strlen(fills[i]);
        for (; len + fill <= IDNA_MAX_BYTES; len += fill)
            memcpy(domain + len, fills[i], fill);
        double start = seconds();
        idna_to_ascii(domain, len, ascii, &len);
        double took = seconds() - start;
        printf("%s: %.0f us\n", fills[i], took * 1e6);
        cr_assert_lt(took, 0.1, "%s", fills[i]);
        cr_assert_not(idna_to_ascii(domain, IDNA_MAX_BYTES + 1, ascii, &len));
    }
}

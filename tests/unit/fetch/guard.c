#include "fetch/guard.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

static const struct {
    const char *text;
    bool public;
} addresses[] = {
    {"93.184.216.34", true},
    {"2606:2800:220:1::1", true},
    {"127.0.0.1", false},
    {"10.1.2.3", false},
    {"169.254.169.254", false},
    {"192.168.0.1", false},
    {"0.0.0.0", false},
    {"::1", false},
    {"::", false},
    {"::ffff:127.0.0.1", false},
    {"::ffff:10.0.0.1", false},
    {"fe80::1%eth0", false},
    {"fd00::1", false},
    {"64:ff9b::7f00:1", false},
    {"", false},
    {"localhost", false},
    {"93.184.216.34 ", false},
};

Test(guard, addresses_that_are_not_public_are_told_apart)
{
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
        cr_expect(guard_text(addresses[i].text) == addresses[i].public, "%s", addresses[i].text);
}

Test(guard, socket_addresses_are_judged_like_their_texts)
{
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        struct sockaddr_in in = {.sin_family = AF_INET};
        struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
        if (inet_pton(AF_INET, addresses[i].text, &in.sin_addr) == 1)
            cr_expect(guard_sockaddr((struct sockaddr *)&in) == addresses[i].public, "%s", addresses[i].text);
        if (inet_pton(AF_INET6, addresses[i].text, &in6.sin6_addr) == 1)
            cr_expect(guard_sockaddr((struct sockaddr *)&in6) == addresses[i].public, "%s", addresses[i].text);
    }
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    cr_expect_not(guard_sockaddr((struct sockaddr *)&local));
}

static const struct {
    const char *url, *host;
    uint16_t port;
    bool same;
} urls[] = {
    {"http://example.org/", "example.org", 80, true},
    {"https://example.org/", "example.org", 443, true},
    {"http://example.org:8080/a?b", "example.org", 8080, true},
    {"http://[::1]:8080/", "[::1]", 8080, true},
    {"http://user:pass@example.org/", "example.org", 80, true},
    {"http://example.org/", "example.com", 80, false},
    {"http://example.org/", "example.org", 81, false},
    {"http://a@b@evil.test/", "b", 80, false},
    {"http://good.test;evil.test/", "good.test", 80, false},
    {"http://good.test\\@evil.test/", "good.test", 80, false},
    {"file:///etc/passwd", "", 0, false},
    {"not a url", "not", 80, false},
};

Test(guard, a_url_that_libcurl_reads_differently_is_refused)
{
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
        cr_expect(guard_url_means(urls[i].url, urls[i].host, urls[i].port) == urls[i].same, "%s", urls[i].url);
}

static const struct {
    const char *host;
    bool literal, public;
} hosts[] = {
    {"example.org", false, false},
    {"127.0.0.1", true, false},
    {"93.184.216.34", true, true},
    {"[::1]", true, false},
    {"[2606:2800:220:1::1]", true, true},
    {"1.2.3.4.example", false, false},
    {"[", true, false},
    {"", false, false},
};

Test(guard, hosts_that_are_addresses_are_judged_without_asking_anybody)
{
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        cr_expect(guard_is_literal(hosts[i].host) == hosts[i].literal, "%s", hosts[i].host);
        cr_expect(guard_host(hosts[i].host) == hosts[i].public, "%s", hosts[i].host);
    }
}

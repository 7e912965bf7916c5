#include "fetch/guard.h"

#include "web/url/address.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

bool guard_sockaddr(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof in);
        return address_is_public((const uint8_t *)&in.sin_addr, sizeof in.sin_addr);
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, address, sizeof in6);
        return address_is_public((const uint8_t *)&in6.sin6_addr, sizeof in6.sin6_addr);
    }
    return false;
}

bool guard_text(const char *address)
{
    uint8_t bytes[sizeof(struct in6_addr)];
    char bare[INET6_ADDRSTRLEN + 1];
    size_t len = strcspn(address, "%"); /* the zone of a link-local address */
    if (len >= sizeof bare)
        return false;
    memcpy(bare, address, len);
    bare[len] = '\0';
    if (inet_pton(AF_INET, bare, bytes) == 1)
        return address_is_public(bytes, sizeof(struct in_addr));
    return inet_pton(AF_INET6, bare, bytes) == 1 && address_is_public(bytes, sizeof bytes);
}

/* The canonical form of an IPv4 address is the only host whose last label is a number (WHATWG URL, "ends in a
 * number"). */
bool guard_is_literal(const char *host)
{
    struct in_addr in;
    return *host == '[' || inet_pton(AF_INET, host, &in) == 1;
}

bool guard_host(const char *host)
{
    char bare[INET6_ADDRSTRLEN + 1];
    size_t len = strlen(host);
    if (*host != '[')
        return guard_text(host);
    if (len < 2 || len - 2 >= sizeof bare)
        return false;
    memcpy(bare, host + 1, len - 2);
    bare[len - 2] = '\0';
    return guard_text(bare);
}

static bool has_part(CURLU *u, CURLUPart part, unsigned flags, const char *value)
{
    char *found = NULL;
    bool same = curl_url_get(u, part, &found, flags) == CURLUE_OK && strcmp(found, value) == 0;
    curl_free(found);
    return same;
}

static bool is_plain_host(const char *host)
{
    return *host && host[strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789.-")] == '\0';
}

/* http://HOST/ or http://HOST:PORT/ with a host of letters, digits, dots and hyphens leaves nothing to read
 * differently. */
static bool is_plain(const char *url, const char *host, uint16_t port)
{
    size_t host_len = strlen(host), scheme = strncmp(url, "https://", 8) == 0  ? 8
                                             : strncmp(url, "http://", 7) == 0 ? 7
                                                                               : 0;
    if (!scheme || !is_plain_host(host) || strncmp(url + scheme, host, host_len) != 0)
        return false;
    const char *rest = url + scheme + host_len;
    unsigned written = scheme == 8 ? 443 : 80;
    if (*rest == ':') {
        written = 0;
        for (rest++; *rest >= '0' && *rest <= '9' && written <= UINT16_MAX; rest++)
            written = written * 10 + (unsigned)(*rest - '0');
    }
    return *rest == '/' && written == port;
}

bool guard_url_means(const char *url, const char *host, uint16_t port)
{
    if (is_plain(url, host, port))
        return true;
    char number[8];
    CURLU *u = curl_url();
    snprintf(number, sizeof number, "%u", port);
    bool same = u && curl_url_set(u, CURLUPART_URL, url, CURLU_PATH_AS_IS) == CURLUE_OK &&
                has_part(u, CURLUPART_HOST, 0, host) && has_part(u, CURLUPART_PORT, CURLU_DEFAULT_PORT, number);
    curl_url_cleanup(u);
    return same;
}

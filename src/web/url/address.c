#include "web/url/address.h"

#include <assert.h>
#include <string.h>

#include "base/status.h"

struct block {
    uint8_t prefix[16];
    uint8_t bits;
    struct address_class class;
};

/* The first row that matches decides. */
static const struct block ipv4_blocks[] = {
    {{0}, 8, {ADDRESS_THIS_NETWORK, "this network", "RFC 791"}},
    {{10}, 8, {ADDRESS_PRIVATE, "private", "RFC 1918"}},
    {{100, 64}, 10, {ADDRESS_SHARED, "shared by a provider", "RFC 6598"}},
    {{127}, 8, {ADDRESS_LOOPBACK, "loopback", "RFC 1122"}},
    {{169, 254}, 16, {ADDRESS_LINK_LOCAL, "link-local", "RFC 3927"}},
    {{172, 16}, 12, {ADDRESS_PRIVATE, "private", "RFC 1918"}},
    {{192, 0, 0}, 24, {ADDRESS_PROTOCOL, "set aside for protocols", "RFC 6890"}},
    {{192, 0, 2}, 24, {ADDRESS_DOCUMENTATION, "documentation", "RFC 5737"}},
    {{192, 31, 196}, 24, {ADDRESS_PROTOCOL, "AS112", "RFC 7535"}},
    {{192, 52, 193}, 24, {ADDRESS_PROTOCOL, "AMT relay", "RFC 7450"}},
    {{192, 88, 99}, 24, {ADDRESS_PROTOCOL, "6to4 relay", "RFC 7526"}},
    {{192, 168}, 16, {ADDRESS_PRIVATE, "private", "RFC 1918"}},
    {{192, 175, 48}, 24, {ADDRESS_PROTOCOL, "AS112", "RFC 7534"}},
    {{198, 18}, 15, {ADDRESS_BENCHMARKING, "benchmarking", "RFC 2544"}},
    {{198, 51, 100}, 24, {ADDRESS_DOCUMENTATION, "documentation", "RFC 5737"}},
    {{203, 0, 113}, 24, {ADDRESS_DOCUMENTATION, "documentation", "RFC 5737"}},
    {{224}, 4, {ADDRESS_MULTICAST, "multicast", "RFC 5771"}},
    {{255, 255, 255, 255}, 32, {ADDRESS_BROADCAST, "broadcast", "RFC 919"}},
    {{240}, 4, {ADDRESS_RESERVED, "reserved", "RFC 1112"}},
};

static const struct block ipv6_blocks[] = {
    {{0}, 128, {ADDRESS_THIS_NETWORK, "unspecified", "RFC 4291"}},
    {{[15] = 1}, 128, {ADDRESS_LOOPBACK, "loopback", "RFC 4291"}},
    {{0, 0x64, 0xff, 0x9b, 0, 1}, 48, {ADDRESS_PROTOCOL, "local translation to IPv4", "RFC 8215"}},
    {{1}, 64, {ADDRESS_RESERVED, "discard only", "RFC 6666"}},
    {{1, 0, 0, 0, 0, 0, 0, 1}, 64, {ADDRESS_RESERVED, "dummy prefix", "RFC 9780"}},
    {{0x20, 1, 0, 2}, 48, {ADDRESS_BENCHMARKING, "benchmarking", "RFC 5180"}},
    {{0x20, 1, 0, 0x10}, 28, {ADDRESS_RESERVED, "ORCHID", "RFC 4843"}},
    {{0x20, 1, 0, 0x20}, 28, {ADDRESS_RESERVED, "ORCHIDv2", "RFC 7343"}},
    {{0x20, 1, 0x0d, 0xb8}, 32, {ADDRESS_DOCUMENTATION, "documentation", "RFC 3849"}},
    {{0x20, 1}, 32, {ADDRESS_PROTOCOL, "Teredo", "RFC 4380"}},
    {{0x20, 1}, 23, {ADDRESS_PROTOCOL, "set aside for protocols", "RFC 2928"}},
    {{0x20, 2}, 16, {ADDRESS_PROTOCOL, "6to4", "RFC 3056"}},
    {{0x26, 0x20, 0, 0x4f, 0x80}, 48, {ADDRESS_PROTOCOL, "AS112", "RFC 7534"}},
    {{0x3f, 0xff}, 20, {ADDRESS_DOCUMENTATION, "documentation", "RFC 9637"}},
    {{0x5f}, 16, {ADDRESS_PROTOCOL, "segment routing", "RFC 9602"}},
    {{0xfc}, 7, {ADDRESS_PRIVATE, "unique local", "RFC 4193"}},
    {{0xfe, 0x80}, 10, {ADDRESS_LINK_LOCAL, "link-local", "RFC 4291"}},
    {{0xfe, 0xc0}, 10, {ADDRESS_PRIVATE, "site-local", "RFC 3879"}},
    {{0xff}, 8, {ADDRESS_MULTICAST, "multicast", "RFC 4291"}},
};

/* Where an IPv6 address carries an IPv4 address. PASSES: a carried public address makes the whole address public;
 * otherwise the block is special whatever it carries, and the carried address only says more. INVERTED: RFC 4380
 * hides it by inverting its bits. */
static const struct carrier {
    uint8_t prefix[16];
    uint8_t bits;
    uint8_t at;
    bool passes, inverted;
} carriers[] = {
    {{[10] = 0xff, [11] = 0xff}, 96, 12, true, false},   /* IPv4-mapped, RFC 4291 section 2.5.5.2 */
    {{[8] = 0xff, [9] = 0xff}, 96, 12, false, false},    /* IPv4-translated, RFC 2765 */
    {{0}, 96, 12, false, false},                         /* IPv4-compatible, RFC 4291 section 2.5.5.1 */
    {{0, 0x64, 0xff, 0x9b}, 96, 12, true, false},        /* NAT64, RFC 6052 */
    {{0, 0x64, 0xff, 0x9b, 0, 1}, 48, 12, false, false}, /* NAT64 of a site, RFC 8215 */
    {{0x20, 2}, 16, 2, false, false},                    /* 6to4, RFC 3056 */
    {{0x20, 1}, 32, 12, false, true},                    /* Teredo, RFC 4380 section 4 */
};

static const struct address_class public_class = {ADDRESS_PUBLIC, "", ""};
static const struct address_class outside = {ADDRESS_RESERVED, "outside of global unicast", "RFC 4291"};

static bool in_block(const uint8_t *bytes, const uint8_t *prefix, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;
    if (memcmp(bytes, prefix, whole) != 0)
        return false;
    return !rest || (bytes[whole] ^ prefix[whole]) >> (8 - rest) == 0;
}

static const struct address_class *find_block(const uint8_t *bytes, const struct block *blocks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (in_block(bytes, blocks[i].prefix, blocks[i].bits))
            return &blocks[i].class;
    }
    return NULL;
}

static struct address_class classify_ipv4(const uint8_t *bytes)
{
    const struct address_class *found = find_block(bytes, ipv4_blocks, COUNT_OF(ipv4_blocks));
    return found ? *found : public_class;
}

static struct address_class classify_carried(const uint8_t *bytes, const struct carrier *c)
{
    uint8_t ipv4[4];
    for (int i = 0; i < 4; i++)
        ipv4[i] = c->inverted ? (uint8_t)~bytes[c->at + i] : bytes[c->at + i];
    return classify_ipv4(ipv4);
}

static struct address_class classify_ipv6(const uint8_t *bytes)
{
    const struct address_class *found = find_block(bytes, ipv6_blocks, COUNT_OF(ipv6_blocks));
    if (found && found->kind != ADDRESS_PROTOCOL)
        return *found;
    for (size_t i = 0; i < COUNT_OF(carriers); i++) {
        if (!in_block(bytes, carriers[i].prefix, carriers[i].bits))
            continue;
        struct address_class carried = classify_carried(bytes, &carriers[i]);
        if (carried.kind != ADDRESS_PUBLIC || carriers[i].passes)
            return carried;
    }
    if (found)
        return *found;
    /* All global unicast that is given out is within 2000::/3 (RFC 4291 section 2.4, IANA's registry). */
    return bytes[0] >> 5 == 1 ? public_class : outside;
}

struct address_class address_classify(const uint8_t *bytes, size_t len)
{
    assert(len == 4 || len == 16);
    return len == 4 ? classify_ipv4(bytes) : classify_ipv6(bytes);
}

bool address_is_public(const uint8_t *bytes, size_t len)
{
    return address_classify(bytes, len).kind == ADDRESS_PUBLIC;
}

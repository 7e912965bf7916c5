#include "web/url/address.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <string.h>

#include "base/status.h"

struct row {
    const char *text;
    enum address_kind kind;
    const char *rfc;
};

static void check_rows(const struct row *rows, size_t count)
{
    int wrong = 0;
    for (size_t i = 0; i < count; i++) {
        uint8_t bytes[16];
        bool v6 = strchr(rows[i].text, ':') != NULL;
        cr_assert_eq(inet_pton(v6 ? AF_INET6 : AF_INET, rows[i].text, bytes), 1, "%s", rows[i].text);
        struct address_class class = address_classify(bytes, v6 ? 16 : 4);
        bool public = address_is_public(bytes, v6 ? 16 : 4);
        if (class.kind == rows[i].kind && strcmp(class.rfc, rows[i].rfc) == 0 &&
            public == (rows[i].kind == ADDRESS_PUBLIC))
            continue;
        cr_log_error("%s: %d '%s' %s", rows[i].text, (int)class.kind, class.name, class.rfc);
        wrong++;
    }
    cr_assert_eq(wrong, 0);
}

Test(address, every_special_block_ends_where_its_rfc_says)
{
    static const struct row rows[] = {
        {"0.0.0.0", ADDRESS_THIS_NETWORK, "RFC 791"},
        {"0.255.255.255", ADDRESS_THIS_NETWORK, "RFC 791"},
        {"1.0.0.0", ADDRESS_PUBLIC, ""},
        {"9.255.255.255", ADDRESS_PUBLIC, ""},
        {"10.0.0.0", ADDRESS_PRIVATE, "RFC 1918"},
        {"10.255.255.255", ADDRESS_PRIVATE, "RFC 1918"},
        {"100.63.255.255", ADDRESS_PUBLIC, ""},
        {"100.64.0.0", ADDRESS_SHARED, "RFC 6598"},
        {"100.127.255.255", ADDRESS_SHARED, "RFC 6598"},
        {"100.128.0.0", ADDRESS_PUBLIC, ""},
        {"127.0.0.1", ADDRESS_LOOPBACK, "RFC 1122"},
        {"127.255.255.255", ADDRESS_LOOPBACK, "RFC 1122"},
        {"128.0.0.0", ADDRESS_PUBLIC, ""},
        {"169.254.169.254", ADDRESS_LINK_LOCAL, "RFC 3927"},
        {"169.255.0.0", ADDRESS_PUBLIC, ""},
        {"172.15.255.255", ADDRESS_PUBLIC, ""},
        {"172.16.0.0", ADDRESS_PRIVATE, "RFC 1918"},
        {"172.31.255.255", ADDRESS_PRIVATE, "RFC 1918"},
        {"172.32.0.0", ADDRESS_PUBLIC, ""},
        {"192.0.0.8", ADDRESS_PROTOCOL, "RFC 6890"},
        {"192.0.1.0", ADDRESS_PUBLIC, ""},
        {"192.0.2.1", ADDRESS_DOCUMENTATION, "RFC 5737"},
        {"192.31.196.1", ADDRESS_PROTOCOL, "RFC 7535"},
        {"192.52.193.1", ADDRESS_PROTOCOL, "RFC 7450"},
        {"192.88.99.1", ADDRESS_PROTOCOL, "RFC 7526"},
        {"192.167.255.255", ADDRESS_PUBLIC, ""},
        {"192.168.0.1", ADDRESS_PRIVATE, "RFC 1918"},
        {"192.169.0.0", ADDRESS_PUBLIC, ""},
        {"192.175.48.1", ADDRESS_PROTOCOL, "RFC 7534"},
        {"198.17.255.255", ADDRESS_PUBLIC, ""},
        {"198.18.0.0", ADDRESS_BENCHMARKING, "RFC 2544"},
        {"198.19.255.255", ADDRESS_BENCHMARKING, "RFC 2544"},
        {"198.51.100.7", ADDRESS_DOCUMENTATION, "RFC 5737"},
        {"203.0.113.7", ADDRESS_DOCUMENTATION, "RFC 5737"},
        {"203.0.114.0", ADDRESS_PUBLIC, ""},
        {"223.255.255.255", ADDRESS_PUBLIC, ""},
        {"224.0.0.1", ADDRESS_MULTICAST, "RFC 5771"},
        {"239.255.255.255", ADDRESS_MULTICAST, "RFC 5771"},
        {"240.0.0.1", ADDRESS_RESERVED, "RFC 1112"},
        {"255.255.255.254", ADDRESS_RESERVED, "RFC 1112"},
        {"255.255.255.255", ADDRESS_BROADCAST, "RFC 919"},
        {"::", ADDRESS_THIS_NETWORK, "RFC 4291"},
        {"::1", ADDRESS_LOOPBACK, "RFC 4291"},
        {"100::1", ADDRESS_RESERVED, "RFC 6666"},
        {"100:0:0:1::1", ADDRESS_RESERVED, "RFC 9780"},
        {"2001:1ff:ffff::1", ADDRESS_PROTOCOL, "RFC 2928"},
        {"2001:200::1", ADDRESS_PUBLIC, ""},
        {"2001:2::1", ADDRESS_BENCHMARKING, "RFC 5180"},
        {"2001:2:1::1", ADDRESS_PROTOCOL, "RFC 2928"},
        {"2001:1f::1", ADDRESS_RESERVED, "RFC 4843"},
        {"2001:2f::1", ADDRESS_RESERVED, "RFC 7343"},
        {"2001:db8:ffff::1", ADDRESS_DOCUMENTATION, "RFC 3849"},
        {"2001:db9::1", ADDRESS_PUBLIC, ""},
        {"2606:4700::1111", ADDRESS_PUBLIC, ""},
        {"2620:4f:8000::1", ADDRESS_PROTOCOL, "RFC 7534"},
        {"3fff:fff::1", ADDRESS_DOCUMENTATION, "RFC 9637"},
        {"3fff:1000::1", ADDRESS_PUBLIC, ""},
        {"5f00::1", ADDRESS_PROTOCOL, "RFC 9602"},
        {"4000::1", ADDRESS_RESERVED, "RFC 4291"},
        {"fc00::1", ADDRESS_PRIVATE, "RFC 4193"},
        {"fdff:ffff::1", ADDRESS_PRIVATE, "RFC 4193"},
        {"fe00::1", ADDRESS_RESERVED, "RFC 4291"},
        {"fe80::1", ADDRESS_LINK_LOCAL, "RFC 4291"},
        {"febf::1", ADDRESS_LINK_LOCAL, "RFC 4291"},
        {"fec0::1", ADDRESS_PRIVATE, "RFC 3879"},
        {"ff02::1", ADDRESS_MULTICAST, "RFC 4291"},
    };
    check_rows(rows, COUNT_OF(rows));
}

Test(address, an_ipv4_address_inside_an_ipv6_address_does_not_hide)
{
    static const struct row rows[] = {
        {"::ffff:127.0.0.1", ADDRESS_LOOPBACK, "RFC 1122"},
        {"::ffff:169.254.169.254", ADDRESS_LINK_LOCAL, "RFC 3927"},
        {"::ffff:8.8.8.8", ADDRESS_PUBLIC, ""},
        {"::ffff:0:10.0.0.1", ADDRESS_PRIVATE, "RFC 1918"},
        {"::ffff:0:8.8.8.8", ADDRESS_RESERVED, "RFC 4291"},
        {"::10.0.0.1", ADDRESS_PRIVATE, "RFC 1918"},
        {"::8.8.8.8", ADDRESS_RESERVED, "RFC 4291"},
        {"64:ff9b::192.168.1.1", ADDRESS_PRIVATE, "RFC 1918"},
        {"64:ff9b::8.8.8.8", ADDRESS_PUBLIC, ""},
        {"64:ff9b:1::10.0.0.1", ADDRESS_PRIVATE, "RFC 1918"},
        {"64:ff9b:1::8.8.8.8", ADDRESS_PROTOCOL, "RFC 8215"},
        {"2002:7f00:1::", ADDRESS_LOOPBACK, "RFC 1122"},
        {"2002:a00:1::1", ADDRESS_PRIVATE, "RFC 1918"},
        {"2002:808:808::1", ADDRESS_PROTOCOL, "RFC 3056"},
        {"2001:0:4136:e378:8000:63bf:f5ff:fffe", ADDRESS_PRIVATE, "RFC 1918"},
        {"2001:0:4136:e378:8000:63bf:f7f7:f7f7", ADDRESS_PROTOCOL, "RFC 4380"},
    };
    check_rows(rows, COUNT_OF(rows));
}

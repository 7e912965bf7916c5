/* Which IP addresses belong to the public Internet.
 *
 * The tables hold the special-purpose blocks of IANA's registries (RFC 6890) that a crawler must not be led into. An
 * IPv6 address that carries an IPv4 address is judged by both. Pure functions. */
#ifndef WEB_ADDRESS_H
#define WEB_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum address_kind {
    ADDRESS_PUBLIC,
    ADDRESS_THIS_NETWORK, /* unspecified, and the rest of 0.0.0.0/8 */
    ADDRESS_LOOPBACK,
    ADDRESS_PRIVATE, /* RFC 1918, unique local, site local */
    ADDRESS_SHARED,  /* between a provider and its customers (CGNAT) */
    ADDRESS_LINK_LOCAL,
    ADDRESS_MULTICAST,
    ADDRESS_BROADCAST,
    ADDRESS_DOCUMENTATION,
    ADDRESS_BENCHMARKING,
    ADDRESS_PROTOCOL, /* set aside for protocols, or for the translation of addresses */
    ADDRESS_RESERVED
};

/* What an address is, and why: NAME says it in words, RFC the document ("RFC 1918"). Both are constant texts, "" for a
 * public address. For an IPv6 address that carries a special IPv4 address, they are those of the IPv4 address. */
struct address_class {
    enum address_kind kind;
    const char *name;
    const char *rfc;
};

/* Classify an address in network order: LEN is 4 for IPv4 and 16 for IPv6. */
struct address_class address_classify(const uint8_t *bytes, size_t len);

bool address_is_public(const uint8_t *bytes, size_t len);

#endif

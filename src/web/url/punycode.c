#include "web/url/punycode.h"

#include <string.h>

enum { BASE = 36, T_MIN = 1, T_MAX = 26, SKEW = 38, DAMP = 700, FIRST_BIAS = 72, FIRST_CODE = 128 };

struct writer {
    char *out;
    size_t room, len;
};

static bool put(struct writer *w, char c)
{
    if (w->len == w->room)
        return false;
    w->out[w->len++] = c;
    return true;
}

/* RFC 3492 section 6.1. */
static uint32_t adapted_bias(uint32_t delta, uint32_t points, bool first)
{
    uint32_t k = 0;
    delta = first ? delta / DAMP : delta / 2;
    delta += delta / points;
    for (; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE)
        delta /= BASE - T_MIN;
    return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

static uint32_t threshold(uint32_t k, uint32_t bias)
{
    return k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;
}

static bool put_number(struct writer *w, uint32_t value, uint32_t bias)
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    for (uint32_t k = BASE;; k += BASE) {
        uint32_t t = threshold(k, bias);
        if (value < t)
            return put(w, digits[value]);
        if (!put(w, digits[t + (value - t) % (BASE - t)]))
            return false;
        value = (value - t) / (BASE - t);
    }
}

static uint32_t smallest_from(const uint32_t *label, size_t len, uint32_t from)
{
    uint32_t smallest = UINT32_MAX;
    for (size_t i = 0; i < len; i++) {
        if (label[i] >= from && label[i] < smallest)
            smallest = label[i];
    }
    return smallest;
}

bool punycode_encode(const uint32_t *label, size_t len, char *out, size_t room, size_t *out_len)
{
    struct writer w = {.out = out, .room = room};
    for (size_t i = 0; i < len; i++) {
        if (label[i] < FIRST_CODE && !put(&w, (char)label[i]))
            return false;
    }
    size_t basic = w.len, done = w.len;
    if (basic && !put(&w, '-'))
        return false;
    uint32_t code = FIRST_CODE, bias = FIRST_BIAS;
    for (uint64_t delta = 0; done < len; delta++, code++) {
        uint32_t next = smallest_from(label, len, code);
        delta += (uint64_t)(next - code) * (done + 1);
        code = next;
        for (size_t i = 0; i < len; i++) {
            delta += label[i] < code;
            if (label[i] != code)
                continue;
            if (delta > UINT32_MAX || !put_number(&w, (uint32_t)delta, bias))
                return false;
            bias = adapted_bias((uint32_t)delta, (uint32_t)done + 1, done == basic);
            delta = 0;
            done++;
        }
    }
    *out_len = w.len;
    return true;
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0' + 26;
    c |= 0x20;
    return c >= 'a' && c <= 'z' ? c - 'a' : -1;
}

/* Read one number of variable length. Returns false at its overflow or when the text ends within it. */
static bool take_number(const char **at, const char *end, uint32_t bias, uint64_t *number)
{
    uint64_t weight = 1;
    *number = 0;
    for (uint32_t k = BASE;; k += BASE) {
        int digit = *at < end ? digit_value(*(*at)++) : -1;
        if (digit < 0)
            return false;
        *number += (uint64_t)digit * weight;
        uint32_t t = threshold(k, bias);
        if (*number > UINT32_MAX || (uint32_t)digit < t)
            return *number <= UINT32_MAX;
        weight *= BASE - t;
        if (weight > UINT32_MAX)
            return false;
    }
}

bool punycode_decode(const char *text, size_t len, uint32_t *label, size_t room, size_t *label_len)
{
    const char *end = text + len, *delimiter = memrchr(text, '-', len), *at = delimiter ? delimiter + 1 : text;
    size_t n = 0;
    for (const char *p = text; delimiter && p < delimiter; p++) {
        if ((unsigned char)*p >= FIRST_CODE || n == room)
            return false;
        label[n++] = (unsigned char)*p;
    }
    uint64_t code = FIRST_CODE, position = 0;
    uint32_t bias = FIRST_BIAS;
    for (bool first = true; at < end; first = false) {
        uint64_t delta;
        if (n == room || !take_number(&at, end, bias, &delta))
            return false;
        position += delta;
        code += position / (n + 1);
        position %= n + 1;
        if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
            return false;
        bias = adapted_bias((uint32_t)delta, (uint32_t)n + 1, first);
        memmove(label + position + 1, label + position, (n - position) * sizeof *label);
        label[position++] = (uint32_t)code;
        n++;
    }
    *label_len = n;
    return true;
}

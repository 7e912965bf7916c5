#include "web/punycode.h"

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

static bool put_number(struct writer *w, uint32_t value, uint32_t bias)
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    for (uint32_t k = BASE;; k += BASE) {
        uint32_t t = k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;
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

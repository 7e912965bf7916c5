#include "web/links/srcset.h"

#include "web/links/tokenizer_scan.h"

/* What the descriptors of one candidate have said so far. */
struct descriptors {
    bool width, density, height, error;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *skip_digits(const char *p, const char *end)
{
    while (p < end && is_digit(*p))
        p++;
    return p;
}

/* A valid non-negative integer that is not 0: digits and nothing else. */
static bool is_positive_integer(const char *at, const char *end)
{
    bool positive = false;
    for (const char *p = at; p < end; p++) {
        if (!is_digit(*p))
            return false;
        positive |= *p != '0';
    }
    return positive;
}

/* A valid floating-point number of the standard that is not below 0; minus zero is not. */
static bool is_density(const char *at, const char *end)
{
    bool minus = at < end && *at == '-', zero = true;
    const char *p = at + minus;
    const char *behind = skip_digits(p, end);
    bool digits = behind > p;
    if (behind < end && *behind == '.') {
        const char *fraction = behind + 1;
        behind = skip_digits(fraction, end);
        if (behind == fraction)
            return false;
        digits = true;
    }
    for (const char *q = p; q < behind; q++)
        zero &= *q == '0' || *q == '.';
    if (!digits || (minus && !zero))
        return false;
    if (behind < end && (*behind | 0x20) == 'e') {
        const char *exponent = behind + 1;
        if (exponent < end && (*exponent == '-' || *exponent == '+'))
            exponent++;
        behind = skip_digits(exponent, end);
        if (behind == exponent)
            return false;
    }
    return behind == end;
}

static void take_descriptor(struct descriptors *seen, const char *at, const char *end)
{
    if (at == end)
        return;
    const char *number_end = end - 1;
    if (*number_end == 'w' && is_positive_integer(at, number_end) && !seen->width && !seen->density)
        seen->width = true;
    else if (*number_end == 'x' && is_density(at, number_end) && !seen->width && !seen->density && !seen->height)
        seen->density = true;
    else if (*number_end == 'h' && is_positive_integer(at, number_end) && !seen->height && !seen->density)
        seen->height = true;
    else
        seen->error = true;
}

/* Read the descriptors up to the comma that ends the candidate, which is none inside parentheses; P is moved
 * behind it. */
static bool descriptors_are_valid(const char **p, const char *end)
{
    struct descriptors seen = {0};
    bool in_parentheses = false;
    const char *at = *p, *token = at;
    for (; at < end && (in_parentheses || *at != ','); at++) {
        if (in_parentheses) {
            in_parentheses = *at != ')';
        } else if (scan_is_blank(*at)) {
            take_descriptor(&seen, token, at);
            token = at + 1;
        } else if (*at == '(') {
            in_parentheses = true;
        }
    }
    take_descriptor(&seen, token, at);
    *p = at < end ? at + 1 : at;
    return !seen.error && (!seen.height || seen.width);
}

void srcset_init(struct srcset *srcset, const char *text, size_t len)
{
    *srcset = (struct srcset){len ? text : "", (len ? text : "") + len};
}

bool srcset_next(struct srcset *srcset, struct srcset_candidate *candidate)
{
    const char *p = srcset->at, *end = srcset->end;
    bool found = false;
    while (!found) {
        while (p < end && (scan_is_blank(*p) || *p == ','))
            p++;
        if (p == end)
            break;
        const char *url = p;
        while (p < end && !scan_is_blank(*p))
            p++;
        const char *url_end = p;
        while (url_end[-1] == ',')
            url_end--;
        found = url_end < p || descriptors_are_valid(&p, end);
        *candidate = (struct srcset_candidate){url, (size_t)(url_end - url)};
    }
    srcset->at = p;
    return found;
}

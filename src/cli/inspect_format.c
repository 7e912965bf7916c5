#include "cli/inspect_format.h"

#include "base/status.h"
#include "base/utf8.h"

#include <stdio.h>
#include <time.h>

/* Control characters, and those that are not seen but change what is: marks of direction, separators of lines,
 * characters without width, tags. */
static bool is_plain(uint32_t code)
{
    static const struct {
        uint32_t first, last;
    } others[] = {
        {0x00, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},     {0x61c, 0x61c},   {0x180e, 0x180e}, {0x200b, 0x200f},
        {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff0, 0xfffb}, {0xfffe, 0xffff}, {0xe0000, 0xe0fff},
    };
    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (code >= others[i].first && code <= others[i].last)
            return false;
    return true;
}

bool inspect_escape(struct buffer *b, const char *text)
{
    bool ok = true;
    while (*text && ok) {
        uint32_t code = 0;
        unsigned len = utf8_character(text, &code);
        if (len && is_plain(code)) {
            ok = buffer_append(b, text, len);
        } else {
            len = len ? len : 1;
            for (unsigned i = 0; i < len && ok; i++)
                ok = buffer_printf(b, "\\x%02x", (unsigned char)text[i]);
        }
        text += len;
    }
    return ok;
}

const char *inspect_time(int64_t ms, char out[INSPECT_TIME_SIZE])
{
    time_t seconds = ms / 1000;
    struct tm t = {0};
    if (!ms || !localtime_r(&seconds, &t)) {
        snprintf(out, INSPECT_TIME_SIZE, "-");
        return out;
    }
    int minutes = (int)(t.tm_gmtoff / 60), apart = minutes < 0 ? -minutes : minutes;
    size_t len = strftime(out, INSPECT_TIME_SIZE, "%Y-%m-%d %H:%M:%S", &t);
    snprintf(out + len, INSPECT_TIME_SIZE - len, "%c%02d:%02d", minutes < 0 ? '-' : '+', apart / 60, apart % 60);
    return out;
}

const char *inspect_size(uint64_t bytes, char out[INSPECT_SIZE_SIZE])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double n = (double)bytes;
    size_t unit = 0;
    for (; n >= 1024; unit++)
        n /= 1024;
    snprintf(out, INSPECT_SIZE_SIZE, unit ? "%.1f %s" : "%.0f %s", n, units[unit]);
    return out;
}

const char *inspect_age(int64_t ms, char out[INSPECT_AGE_SIZE])
{
    static const struct {
        int64_t ms;
        char letter;
    } units[] = {{86400000, 'd'}, {3600000, 'h'}, {60000, 'm'}, {1000, 's'}};
    size_t unit = 0;
    while (unit + 1 < COUNT_OF(units) && ms < units[unit].ms)
        unit++;
    snprintf(out, INSPECT_AGE_SIZE, "%lld%c", ms > 0 ? (long long)(ms / units[unit].ms) : 0, units[unit].letter);
    return out;
}

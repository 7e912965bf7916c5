#include "base/iso_time.h"

#include <stdio.h>
#include <time.h>

const char *iso_time_utc(int64_t ms, char text[ISO_TIME_SIZE])
{
    time_t seconds = ms / 1000 - (ms % 1000 < 0);
    unsigned fraction = (unsigned)((ms % 1000 + 1000) % 1000);
    struct tm t = {0};
    gmtime_r(&seconds, &t); /* no number of milliseconds is beyond its years */
    size_t len = strftime(text, ISO_TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &t);
    snprintf(text + len, ISO_TIME_SIZE - len, ".%03uZ", fraction);
    return text;
}

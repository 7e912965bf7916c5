/* Dates as sitemaps and feeds write them: W3C's profile of ISO 8601, and RFC 822 as RSS has it, both read leniently. */
#ifndef WEB_SITEMAP_DATE_H
#define WEB_SITEMAP_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a date may mean, from its first second to its last, since 1970 in UTC. */
struct sitemap_date {
    int64_t first, last;
};

/* Read a date: "2024", "2024-05", "2024-05-06", "2024-05-06T07:08Z", "2024-05-06 07:08:09.5+02:00" and so on, or "Mon,
 * 06 May 2024 07:08:09 +0200", where the day's name, the seconds and the zone may be left out and the year may have two
 * digits. Blanks around it are no part of it.
 *
 * A year, month or day means all of it, a time without seconds its minute. What has no time zone begins as if it were
 * UTC, which is what most mean, and ends up to 12 hours later, as far west as clocks are. False, and DATE as it was,
 * for anything else. */
bool sitemap_date_parse(const char *text, size_t len, struct sitemap_date *date);

#endif

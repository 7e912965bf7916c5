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

/* Read a date: "2024", "2024-05", "2024-05-06", "2024-05-06T07:08Z", "2024-05-06 07:08:09.5+02:00" and so on, or
 * "Mon, 06 May 2024 07:08:09 +0200", where the day's name, the seconds and the zone may be left out and the year may have
 * two digits. Blanks around it are no part of it.
 *
 * A year, month or day without a time means all of it, wherever on Earth the writer is: from UTC+14 to UTC-12, beginning
 * at midnight UTC, which is what most mean. A time without a zone is UTC to at most 12 hours later, a minute all of its
 * seconds. False, and DATE as it was, for anything else. */
bool sitemap_date_parse(const char *text, size_t len, struct sitemap_date *date);

#endif

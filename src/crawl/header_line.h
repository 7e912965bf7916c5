/* Header lines that a user gave: "Name: value".
 *
 * Context: any thread; pure. */
#ifndef CRAWL_HEADER_LINE_H
#define CRAWL_HEADER_LINE_H

/* How each text of header_line_check begins. */
#define HEADER_LINE_SUBJECT "a header "

/* NULL, or what is wrong with LINE as a constant text. RFC 9110 section 5.1: a token, a colon, and a value without
 * control characters, which could smuggle in another line. */
const char *header_line_check(const char *line);

#endif

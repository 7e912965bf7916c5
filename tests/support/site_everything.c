#include "support/site_everything.h"

#include "support/files.h"
#include "support/support.h"

#include <stdio.h>
#include <string.h>

#define URLSET "<?xml version='1.0' encoding='UTF-8'?><urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>"

static const char robots[] =
    "User-agent: *\nDisallow: /closed\nAllow: /closed/but-this\n\nSitemap: http://all.test/maps.xml\n"
    "Sitemap: http://all.test/feed.rss\n";

static const char start[] =
    "<!DOCTYPE html><html><head><title>Everything</title><link rel=stylesheet href=/look.css><script "
    "src=/run.js></script></head>"
    "<body><img src=/tag srcset='/small.png 1x, /large.png 2x' alt=''>"
    "<a href=/article>article</a><a href=print>print</a><a href=./shelf/>shelf</a><a "
    "href=http://all.test/shelf/Book>book</a>"
    "<a href=//all.test:80/shelf/book#part>book</a><a href=/shelf/book/page>page</a><a href=/noindex>1</a><a "
    "href=/nofollow>2</a>"
    "<a href=/tagged>3</a><a rel=nofollow href=/loose>4</a><a href=/latin>5</a><a href=/old>6</a><a href=/away>7</a>"
    "<a href=/broken>8</a><a href=/lost>9</a><a href=/news>10</a><a href=/closed>11</a><a href=/closed/but-this>12</a>"
    "<a href=http://next.test/>13</a><a href=ftp://all.test/file>14</a><a "
    "href=mailto:me@all.test>15</a>%s</body></html>";

static const char index_of_maps[] = "<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><sitemap>"
                                    "<loc>http://all.test/map.xml.gz</loc></sitemap></sitemapindex>";
static const char map[] = URLSET "<url><loc>http://all.test/mapped</loc><lastmod>2020-01-01</lastmod></url>"
                                 "<url><loc>http://all.test/article</loc></url></urlset>";
static const char feed[] = "<rss version='2.0'><channel><title>t</title><link>http://all.test/</link>"
                           "<item><link>http://all.test/told</link></item></channel></rss>";

static const struct fixture_reply news_later = {.body = "<p>New news, <a href=/article>as told</a>"};
static struct fixture_reply start_later;

static struct fixture_route routes[] = {
    {.host = "next.test", .path = "/", .prefix = true, .reply = {.body = "the neighbour"}},
    {.path = "/robots.txt", .reply = {.type = "text/plain", .body = robots}},
    {.path = "/maps.xml", .reply = {.type = "application/xml", .body = index_of_maps}},
    {.path = "/map.xml.gz", .reply = {.type = "application/gzip"}},
    {.path = "/feed.rss", .reply = {.type = "application/rss+xml", .body = feed}},
    {.path = "/", .reply = {.times = 1, .then = &start_later}},
    {.path = "/look.css", .reply = {.type = "text/css", .body = "@import 'more.css';body{background:url(back.png)}"}},
    {.path = "/more.css", .reply = {.type = "text/css", .body = "p{color:red}"}},
    {.path = "/run.js", .reply = {.type = "text/javascript", .body = "document.write('<a href=/written>no link</a>')"}},
    {.path = "/tag", .reply = {.type = "image/png", .body = "png", .etag = "\"png\""}},
    {.path = "/back.png", .reply = {.type = "image/png", .body = "back"}},
    {.path = "/small.png", .reply = {.type = "image/png", .body = "small"}},
    {.path = "/large.png", .reply = {.type = "image/png", .body = "large"}},
    {.path = "/article", .reply = {.body = "<link rel=canonical href=/article><p>The article"}},
    {.path = "/print", .reply = {.body = "<link rel=canonical href=/article><p>The article, to be printed"}},
    {.path = "/shelf/",
     .reply = {.body = "<base href=http://all.test/shelf/inner/><a href=one>1</a><a href=../two>2</a>"}},
    {.path = "/shelf/inner/one", .reply = {.body = "one"}},
    {.path = "/shelf/two", .reply = {.body = "two"}},
    {.path = "/shelf/book", .reply = {.body = "book"}},
    {.path = "/shelf/Book", .reply = {.body = "Book"}},
    {.path = "/shelf/book/page", .reply = {.body = "page"}},
    {.path = "/noindex", .reply = {.body = "<meta name=robots content=noindex><a href=/from-noindex>x</a>"}},
    {.path = "/from-noindex", .reply = {.body = "found"}},
    {.path = "/nofollow", .reply = {.body = "<meta name=robots content=nofollow><a href=/never>x</a>"}},
    {.path = "/tagged", .reply = {.headers = "X-Robots-Tag: none\r\n", .body = "<a href=/never>x</a>"}},
    {.path = "/latin",
     .reply = {.type = "text/html; charset=iso-8859-1", .body = "<a href='/find?q=\xe9'>caf\xe9</a>"}},
    {.path = "/find?q=%E9", .reply = {.body = "found"}},
    {.path = "/old", .reply = {.status = 301, .location = "/article"}},
    {.path = "/away", .reply = {.status = 302, .location = "http://next.test/there"}},
    {.path = "/broken", .reply = {.status = 500, .body = "<a href=/never>x</a>"}},
    {.path = "/news", .reply = {.body = "<p>News", .times = 1, .then = &news_later}},
    {.path = "/closed/but-this", .reply = {.body = "open"}},
    {.path = "/mapped", .reply = {.body = "mapped"}},
    {.path = "/told", .reply = {.body = "told"}},
    {.path = "/fresh", .reply = {.body = "fresh"}},
    {0}};

static struct fixture_route *route_of(const char *path)
{
    struct fixture_route *route = routes;
    while (strcmp(route->path, path) != 0 || route->host)
        route++;
    return route;
}

const struct fixture_route *site_everything(void)
{
    static char *zipped;
    static size_t zipped_len;
    static char first[sizeof start + 64], later[sizeof start + 64];
    struct fixture_reply *maps = &route_of("/map.xml.gz")->reply;
    snprintf(first, sizeof first, start, "");
    snprintf(later, sizeof later, start, "<a href=/fresh>16</a>");
    if (!zipped)
        zipped = text_gzip(map, &zipped_len);
    maps->body = zipped;
    maps->body_len = zipped_len;
    route_of("/")->reply.body = first;
    start_later = (struct fixture_reply){.body = later};
    return routes;
}

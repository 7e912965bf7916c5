/* nginx as the tests use it, asked by libcurl. */
#include "support/nginx.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(nginx, .timeout = 60);

struct got {
    CURLcode result;
    long status, protocol;
    char *body;
};

static struct got ask_for_any_name(const char *url, const char *ca_file, bool any_name)
{
    struct got got = {0};
    size_t len;
    FILE *out = open_memstream(&got.body, &len);
    CURL *curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, out);
    curl_easy_setopt(curl, CURLOPT_CAINFO, ca_file);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, any_name ? 0L : 2L);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 10L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    got.result = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &got.status);
    curl_easy_getinfo(curl, CURLINFO_HTTP_VERSION, &got.protocol);
    curl_easy_cleanup(curl);
    fclose(out);
    return got;
}

static struct got ask(const char *url, const char *ca_file)
{
    return ask_for_any_name(url, ca_file, false);
}

static char *make_site(void)
{
    char *site = files_temp_folder(), *page = files_path(site, "a.html");
    files_write(page, "<p>page a", -1);
    free(page);
    return site;
}

static void skip_without_nginx(void)
{
    if (!nginx_is_installed())
        cr_skip_test("nginx is not installed");
}

Test(nginx, a_folder_is_served_and_requests_are_logged)
{
    skip_without_nginx();
    char *site = make_site();
    struct nginx *n =
        nginx_start(&(struct nginx_options){.folder = site, .server_lines = "location /teapot { return 418 tea; }"});
    struct got page = ask(nginx_url(n, "/a.html"), NULL), none = ask(nginx_url(n, "/none"), NULL);
    struct got tea = ask(nginx_url(n, "/teapot"), NULL);
    cr_assert_eq(page.status, 200);
    cr_assert_str_eq(page.body, "<p>page a");
    cr_assert_eq(none.status, 404);
    cr_assert_eq(tea.status, 418);
    char *log = nginx_wait_requests(n, 3, 5000);
    cr_assert_not_null(log);
    cr_assert(text_has(log, "HTTP/1.1 GET /a.html 200"), "%s", log);
    nginx_stop(n);
    files_remove(site);
    free(page.body);
    free(none.body);
    free(tea.body);
    free(log);
    free(site);
}

Test(nginx, http2_is_spoken_over_tls_to_those_who_trust_the_authority)
{
    skip_without_nginx();
    char *site = make_site();
    static const char *const names[] = {"www.example.test", NULL};
    struct nginx *n = nginx_start(&(struct nginx_options){.folder = site, .tls = true, .http2 = true, .names = names});
    struct got page = ask(nginx_url(n, "/a.html"), nginx_ca_file(n));
    struct got named = ask(nginx_url_at(n, "localhost", "/a.html"), nginx_ca_file(n));
    struct got stranger = ask(nginx_url(n, "/a.html"), "/dev/null");
    cr_assert_eq(page.result, CURLE_OK);
    cr_assert_eq(page.protocol, CURL_HTTP_VERSION_2_0);
    cr_assert_str_eq(page.body, "<p>page a");
    cr_assert_eq(named.result, CURLE_OK);
    cr_assert_neq(stranger.result, CURLE_OK);
    nginx_stop(n);
    files_remove(site);
    free(page.body);
    free(named.body);
    free(stranger.body);
    free(site);
}

Test(nginx, a_bad_certificate_is_bad_in_the_way_that_was_asked_for)
{
    skip_without_nginx();
    static const enum certificate_kind kinds[] = {CERTIFICATE_GOOD, CERTIFICATE_EXPIRED, CERTIFICATE_WRONG_NAME};
    static const CURLcode bad = CURLE_PEER_FAILED_VERIFICATION;
    static const CURLcode wanted[] = {CURLE_OK, bad, bad}, wanted_for_any_name[] = {CURLE_OK, bad, CURLE_OK};
    for (size_t i = 0; i < SUPPORT_COUNT(kinds); i++) {
        struct nginx *n = nginx_start(&(struct nginx_options){.tls = true, .certificate = kinds[i]});
        struct got got = ask(nginx_url(n, "/"), nginx_ca_file(n));
        struct got any = ask_for_any_name(nginx_url(n, "/"), nginx_ca_file(n), true);
        cr_assert_eq(got.result, wanted[i], "kind %zu: %s", i, curl_easy_strerror(got.result));
        cr_assert_eq(any.result, wanted_for_any_name[i], "kind %zu: %s", i, curl_easy_strerror(any.result));
        nginx_stop(n);
        free(got.body);
        free(any.body);
    }
}

static int serve_as(uid_t user)
{
    if (setgid(user) || setuid(user))
        return 2;
    struct nginx *n = nginx_start(&(struct nginx_options){.tls = true});
    struct got got = ask(nginx_url(n, "/none"), nginx_ca_file(n));
    nginx_stop(n);
    free(got.body);
    return got.status == 404 ? 0 : 1;
}

Test(nginx, no_rights_are_needed)
{
    skip_without_nginx();
    if (geteuid() != 0)
        cr_skip_test("the other tests run without rights already");
    int status;
    pid_t child = support_fork();
    if (child == 0)
        _exit(serve_as(65534));
    waitpid(child, &status, 0);
    cr_assert_eq(status, 0);
}

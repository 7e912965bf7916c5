#include "crawl/exit_status.h"

static int exit_of_error(enum fetch_error error)
{
    switch (error) {
    case FETCH_TIMEOUT:
    case FETCH_TRUNCATED:
    case FETCH_RESET:
    case FETCH_EMPTY:
    case FETCH_REFUSED:
    case FETCH_UNREACHABLE:
    case FETCH_DNS:
        return FORAGE_EXIT_NETWORK;
    case FETCH_TLS:
        return FORAGE_EXIT_TLS;
    case FETCH_PROTOCOL:
    case FETCH_CODING:
    case FETCH_REDIRECT:
        return FORAGE_EXIT_PROTOCOL;
    case FETCH_IO:
        return FORAGE_EXIT_FILE;
    case FETCH_ROBOTS: /* a failure only when robots.txt was answered with 5xx */
        return FORAGE_EXIT_SERVER;
    default:
        return FORAGE_EXIT_OTHER;
    }
}

int exit_status_of(enum fetch_error error, unsigned status)
{
    if (error)
        return exit_of_error(error);
    return status == 401 || status == 407 ? FORAGE_EXIT_AUTH : FORAGE_EXIT_SERVER;
}

void exit_status_add(int *sum, int status)
{
    bool none = *sum <= FORAGE_EXIT_OTHER;
    if (status > FORAGE_EXIT_OTHER ? none || status < *sum : status > *sum)
        *sum = status;
}

int exit_status_of_run(const struct exit_status *exit, const struct forage_progress *counts, double expected)
{
    double asked = (double)counts->fetched + (double)counts->failed;
    int status = exit->others;
    if ((double)counts->failed * 100 >= expected * asked)
        exit_status_add(&status, exit->pages);
    return status;
}

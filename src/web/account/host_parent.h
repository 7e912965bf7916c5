/* Names of hosts and those that they are below. Context: anywhere; never blocks. */
#ifndef WEB_ACCOUNT_HOST_PARENT_H
#define WEB_ACCOUNT_HOST_PARENT_H

#include <stdbool.h>
#include <stddef.h>

/* Take the first label and its dot off a name: false, and nothing done, when it is the last one. */
bool host_parent(const char **name, size_t *len);

#endif

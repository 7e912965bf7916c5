/* What the functions of the store return.
 *
 * STORE_SYSTEM means that errno says more. Whatever goes wrong with one page's file is no status of a call but comes
 * with that page's completion (store/pages/pages.h). */
#ifndef STORE_STATUS_H
#define STORE_STATUS_H

#include "base/status.h"

#define STORE_STATUS_TABLE(X)                                                                                          \
    X(STORE_OK, "success")                                                                                             \
    X(STORE_FULL, "no room")                                                                                           \
    X(STORE_INVALID, "not a name of a file below the folder")                                                          \
    X(STORE_NO_MEMORY, "out of memory")                                                                                \
    X(STORE_SYSTEM, "a system call failed")

enum store_status { STATUS_ENUM(STORE_STATUS_TABLE) };

/* A constant text for STATUS, never NULL. Context: any thread. */
const char *store_status_text(enum store_status status);

#endif

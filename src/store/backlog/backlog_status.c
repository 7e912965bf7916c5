#include "store/backlog/backlog.h"

const char *backlog_status_text(enum backlog_status status)
{
    static const char *const texts[] = STATUS_TEXTS(BACKLOG_STATUS_TABLE);
    return (unsigned)status < COUNT_OF(texts) ? texts[status] : "unknown status";
}

#include "store/status.h"

const char *store_status_text(enum store_status status)
{
    static const char *const texts[] = STATUS_TEXTS(STORE_STATUS_TABLE);
    return (unsigned)status < COUNT_OF(texts) ? texts[status] : "unknown status";
}

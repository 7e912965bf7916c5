#include "multiproc/status.h"

#include "base/status.h"

const char *mp_status_text(enum mp_status status)
{
    static const char *const texts[] = STATUS_TEXTS(MP_STATUS_TABLE);
    return (unsigned)status < COUNT_OF(texts) ? texts[status] : "unknown status";
}

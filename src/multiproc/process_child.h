/* The trampoline of a child: what runs between fork and the end of the process. */
#ifndef MULTIPROC_PROCESS_CHILD_H
#define MULTIPROC_PROCESS_CHILD_H

#include "process_table.h"

/* Run PROCESS in this process, which was forked for it, and end. FROM_MAIN_THREAD says whether the parent's main thread
 * forked it. */
_Noreturn void process_child_run(const struct mp_process *process, bool from_main_thread);

#endif

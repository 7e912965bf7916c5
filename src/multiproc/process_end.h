/* What a process does when it ends by itself: main by atexit(3), a child by its trampoline. */
#ifndef MULTIPROC_PROCESS_END_H
#define MULTIPROC_PROCESS_END_H

/* Have process_end_run called by exit(3), once however often this is called. */
void process_end_register(void);

/* Wait for threads that are not daemonic, terminate daemonic children, wait for the others, run the exit handlers. */
void process_end_run(void);

#endif

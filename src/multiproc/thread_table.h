/* The threads of this process that are not over, for those who must wait for all of them. */
#ifndef MULTIPROC_THREAD_TABLE_H
#define MULTIPROC_THREAD_TABLE_H

/* Wait until no thread runs that is neither daemonic nor the caller. */
void thread_table_join_all(void);

#endif

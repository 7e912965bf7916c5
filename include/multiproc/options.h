/* What the options of processes and of threads have in common. */
#ifndef MULTIPROC_OPTIONS_H
#define MULTIPROC_OPTIONS_H

/* Bytes of a name, with its NUL. A longer name is MP_INVALID. */
enum { MP_NAME_SIZE = 64 };

/* Whether a process or thread ends with the one that made it instead of being waited for. */
enum mp_daemonic {
    MP_DAEMONIC_INHERIT, /* as the process, or the thread, that makes it */
    MP_DAEMONIC_NO,
    MP_DAEMONIC_YES
};

#endif

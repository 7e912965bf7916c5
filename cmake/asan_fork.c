/* Takes AddressSanitizer's locks while a process forks.
 *
 * gcc 12's runtime does not: the child of a process with threads may inherit a lock of the allocator that another one
 * held, and then waits for it at its first malloc, for ever. LLVM 18 mended that (llvm-project pull request 75290) by
 * taking the same locks in the same order. They have no public names, so programs are linked with the static runtime,
 * where the names of its C++ functions can be reached. If one is missing in another version, nothing is done. */
#include <pthread.h>

#define HIDDEN(function, symbol) extern __attribute__((weak)) void function(void) __asm__(symbol)

HIDDEN(lock_threads, "_ZN6__lsan18LockThreadRegistryEv");
HIDDEN(unlock_threads, "_ZN6__lsan20UnlockThreadRegistryEv");
HIDDEN(lock_allocator, "_ZN6__lsan13LockAllocatorEv");
HIDDEN(unlock_allocator, "_ZN6__lsan15UnlockAllocatorEv");
HIDDEN(lock_stacks, "_ZN11__sanitizer17StackDepotLockAllEv");
HIDDEN(unlock_stacks, "_ZN11__sanitizer19StackDepotUnlockAllEv");

static void before_fork(void)
{
    lock_threads();
    lock_allocator();
    lock_stacks();
}

static void after_fork(void)
{
    unlock_stacks();
    unlock_allocator();
    unlock_threads();
}

/* Before all others, because the handlers of fork that were registered first are the last to run before it and the
 * first to run after it: those of the program may use memory. */
__attribute__((constructor(101))) static void watch_forks(void)
{
    if (lock_threads && unlock_threads && lock_allocator && unlock_allocator && lock_stacks && unlock_stacks)
        pthread_atfork(before_fork, after_fork, after_fork);
}

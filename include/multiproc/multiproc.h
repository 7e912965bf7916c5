/* All of multiproc. */
#ifndef MULTIPROC_MULTIPROC_H
#define MULTIPROC_MULTIPROC_H

#include <multiproc/executor.h>
#include <multiproc/lock.h>
#include <multiproc/manager.h>
#include <multiproc/pool.h>
#include <multiproc/process.h>
#include <multiproc/queue.h>
#include <multiproc/thread.h>

#endif

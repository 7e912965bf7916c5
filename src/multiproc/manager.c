/* Starting and ending the server. */
#include "multiproc/manager.h"

#include "manager_client.h"
#include "manager_server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* How long the server may take to end by request, and then after SIGTERM. */
enum { SHUTDOWN_MS = 1000 };

static enum mp_status start_server(struct mp_manager *m, int *door)
{
    struct mp_process_options options = {
        .fn = manager_server_run, .arg = door, .name = "Manager", .daemon = MP_DAEMONIC_YES};
    int sentinel;
    enum mp_status status = mp_process_new(&options, &m->process);
    if (status == MP_OK)
        status = mp_process_start(m->process);
    if (status == MP_OK)
        status = mp_process_sentinel(m->process, &sentinel);
    if (status != MP_OK)
        return status;
    m->pid = mp_process_pid(m->process);
    m->server = fcntl(sentinel, F_DUPFD_CLOEXEC, 0); /* children lose the sentinel, but inherit this */
    return m->server < 0 ? MP_SYSTEM : MP_OK;
}

enum mp_status mp_manager_new(struct mp_manager **manager)
{
    struct mp_manager *m = calloc(1, sizeof(*m));
    if (!m)
        return MP_NO_MEMORY;
    pthread_mutex_init(&m->mutex, NULL);
    m->fd = m->door = m->server = -1;
    m->creator = getpid();
    manager_link(m);
    enum mp_status status = MP_SYSTEM;
    int door[2];
    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, door) == 0) {
        m->door = door[0];
        status = start_server(m, &door[1]);
        close(door[1]);
    }
    if (status == MP_OK)
        *manager = m;
    else
        mp_manager_free(m);
    return status;
}

/* The request goes over a connection of its own and is not answered: neither a call that another thread waits for nor a
 * server that hangs can hold it up. */
static void ask_for_end(const struct mp_manager *m)
{
    struct wire w = {0};
    int fd = manager_connect(m, false);
    wire_begin(&w);
    wire_u8(&w, OP_SHUTDOWN);
    if (fd >= 0 && wire_finish(&w) == MP_OK)
        send(fd, w.buffer.data, w.buffer.len, MSG_DONTWAIT | MSG_NOSIGNAL);
    wire_release(&w);
    if (fd >= 0)
        close(fd);
}

enum mp_status mp_manager_shutdown(struct mp_manager *manager)
{
    struct mp_process *server = manager->process;
    if (manager->creator != getpid())
        return MP_NOT_CHILD;
    if (!server || mp_process_join(server, 0) != MP_TIMEOUT)
        return MP_OK;
    ask_for_end(manager);
    if (mp_process_join(server, SHUTDOWN_MS) == MP_TIMEOUT) {
        mp_process_terminate(server);
        if (mp_process_join(server, SHUTDOWN_MS) == MP_TIMEOUT) {
            mp_process_kill(server);
            mp_process_join(server, -1);
        }
    }
    return MP_OK;
}

pid_t mp_manager_pid(const struct mp_manager *manager)
{
    return manager->pid;
}

void mp_manager_free(struct mp_manager *manager)
{
    if (!manager)
        return;
    int error = errno;
    mp_manager_shutdown(manager);
    manager_release(manager);
    errno = error;
}

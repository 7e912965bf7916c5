/* The server process of a manager. */
#ifndef MULTIPROC_MANAGER_SERVER_H
#define MULTIPROC_MANAGER_SERVER_H

/* Serve clients until the process that made the manager asks for the end: a function for mp_process_new. ARG points to
 * the server's end of the door, a datagram socket on which clients hand in one end of their connections. Returns 0, or
 * 1 when the server could not be set up. */
int manager_server_run(void *arg);

#endif

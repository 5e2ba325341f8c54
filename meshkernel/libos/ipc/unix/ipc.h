/* Files without a path: pipes, eventfd, timerfd, epoll, and sockets between threads of the service.
 */
#pragma once

/* Registers the socket family AF_UNIX. */
void ipc_init(void);

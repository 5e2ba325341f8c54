/* The system calls on files that the tests use, as the application sees them: pointers are uaddr_t.
 */
#pragma once

#include "core/types.h"

#define U(pointer) ((uaddr_t)(uintptr_t)(pointer))

int64_t sys_read(int fd, uaddr_t buffer, size_t size);
int64_t sys_write(int fd, uaddr_t buffer, size_t size);
int64_t sys_pread64(int fd, uaddr_t buffer, size_t size, int64_t offset);
int64_t sys_writev(int fd, uaddr_t vectors, int count);
int64_t sys_lseek(int fd, int64_t offset, int whence);
int64_t sys_open(uaddr_t path, int flags, uint32_t mode);
int64_t sys_openat(int directory, uaddr_t path, int flags, uint32_t mode);
int64_t sys_close(int fd);
int64_t sys_dup(int fd);
int64_t sys_dup2(int fd, int to);
int64_t sys_fcntl(int fd, int command, uint64_t argument);
int64_t sys_ioctl(int fd, unsigned command, uaddr_t argument);
int64_t sys_stat(uaddr_t path, uaddr_t to);
int64_t sys_lstat(uaddr_t path, uaddr_t to);
int64_t sys_fstat(int fd, uaddr_t to);
int64_t sys_access(uaddr_t path, int mode);
int64_t sys_mkdir(uaddr_t path, uint32_t mode);
int64_t sys_mkdirat(int directory, uaddr_t path, uint32_t mode);
int64_t sys_rmdir(uaddr_t path);
int64_t sys_unlink(uaddr_t path);
int64_t sys_unlinkat(int directory, uaddr_t path, int flags);
int64_t sys_rename(uaddr_t from, uaddr_t to);
int64_t sys_link(uaddr_t from, uaddr_t to);
int64_t sys_symlink(uaddr_t target, uaddr_t path);
int64_t sys_readlink(uaddr_t path, uaddr_t buffer, int size);
int64_t sys_getdents64(int fd, uaddr_t buffer, unsigned size);
int64_t sys_getcwd(uaddr_t buffer, size_t size);
int64_t sys_chdir(uaddr_t path);
int64_t sys_ftruncate(int fd, int64_t size);
int64_t sys_sendfile(int to, int from, uaddr_t offset, size_t size);
int64_t sys_memfd_create(uaddr_t name, unsigned flags);
int64_t sys_utimensat(int directory, uaddr_t path, uaddr_t times, int flags);
int64_t sys_pipe2(uaddr_t descriptors, int flags);
int64_t sys_eventfd2(unsigned value, int flags);
int64_t sys_timerfd_create(int clock, int flags);
int64_t sys_timerfd_settime(int fd, int flags, uaddr_t setting, uaddr_t old);
int64_t sys_epoll_create1(int flags);
int64_t sys_epoll_ctl(int set, int operation, int fd, uaddr_t event);
int64_t sys_epoll_wait(int set, uaddr_t events, int limit, int timeout);
int64_t sys_poll(uaddr_t descriptors, unsigned count, int timeout);
int64_t sys_select(int count, uaddr_t read, uaddr_t write, uaddr_t except, uaddr_t timeout);

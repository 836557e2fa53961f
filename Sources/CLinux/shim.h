// What Linux and its C library have beyond POSIX and Swift's Glibc module leaves out.
#pragma once

#include <spawn.h>
#include <stddef.h>
#include <sys/types.h>
#include <unistd.h>

// sched.h, unshare(2)
int unshare(int flags);
enum { larder_clone_fs = 0x00000200 };

// sys/eventfd.h, eventfd(2)
int eventfd(unsigned int count, int flags);
enum { larder_eventfd_cloexec = 02000000, larder_eventfd_nonblock = 00004000 };

// spawn.h; glibc 2.29 and 2.34
int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
enum { larder_posix_spawn_setsid = 0x80 };

// sys/mman.h, memfd_create(2)
int memfd_create(const char *name, unsigned int flags);
enum { larder_memfd_cloexec = 0x0001U };

// string.h, memmem(3)
void *memmem(const void *bytes, size_t count, const void *wanted, size_t wanted_count);

// pidfd_open(2), Linux 5.3; glibc has a wrapper from 2.36 on only.
long syscall(long number, ...);
static inline int larder_pidfd_open(pid_t process) { return (int)syscall(434, process, 0); }

/* A disk that fills up, or can only be read, under a program that knows nothing of it.
 *
 * Preloaded into the program, this stands before the C library's calls that change files. SCOUT_DISK names the folder that is
 * on the disk; as long as the file that SCOUT_DISK_STATE names holds "full" or "read-only", calls that concern the folder
 * fail as they do on such a disk. Mounting a real one takes rights that a container does not give. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

enum state { GOOD, FULL, READ_ONLY };

/* By system calls, so that nothing here comes back to here. */
static enum state state(void) {
    const char *file = getenv("SCOUT_DISK_STATE");
    if (!file) return GOOD;
    int saved = errno;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, file, O_RDONLY | O_CLOEXEC);
    char first = 0;
    if (fd >= 0) {
        if (syscall(SYS_read, fd, &first, 1) != 1) first = 0;
        syscall(SYS_close, fd);
    }
    errno = saved;
    return first == 'f' ? FULL : first == 'r' ? READ_ONLY : GOOD;
}

static int is_on_disk(const char *path) {
    const char *disk = getenv("SCOUT_DISK");
    return disk && path && strncmp(path, disk, strlen(disk)) == 0;
}

static int is_file_on_disk(int fd) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    int saved = errno;
    long length = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
    errno = saved;
    if (length <= 0) return 0;
    path[length] = 0;
    return is_on_disk(path);
}

/* Writing needs room, and a disk that can be written. */
static int refuses_writing(int fd) {
    enum state now = state();
    if (now == GOOD || !is_file_on_disk(fd)) return 0;
    errno = now == FULL ? ENOSPC : EROFS;
    return 1;
}

/* Names can be changed on a full disk, and files opened. */
static int refuses_changing(const char *path) {
    if (!is_on_disk(path) || state() != READ_ONLY) return 0;
    errno = EROFS;
    return 1;
}

static int refuses_opening(const char *path, int flags) {
    int writes = (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC));
    return writes && refuses_changing(path);
}

ssize_t write(int fd, const void *from, size_t length) {
    return refuses_writing(fd) ? -1 : NEXT(write)(fd, from, length);
}

ssize_t writev(int fd, const struct iovec *from, int count) {
    return refuses_writing(fd) ? -1 : NEXT(writev)(fd, from, count);
}

ssize_t pwrite(int fd, const void *from, size_t length, off_t at) {
    return refuses_writing(fd) ? -1 : NEXT(pwrite)(fd, from, length, at);
}

ssize_t pwrite64(int fd, const void *from, size_t length, off64_t at) {
    return refuses_writing(fd) ? -1 : NEXT(pwrite64)(fd, from, length, at);
}

int ftruncate(int fd, off_t length) { return refuses_writing(fd) ? -1 : NEXT(ftruncate)(fd, length); }

int ftruncate64(int fd, off64_t length) { return refuses_writing(fd) ? -1 : NEXT(ftruncate64)(fd, length); }

int fallocate(int fd, int mode, off_t at, off_t length) {
    return refuses_writing(fd) ? -1 : NEXT(fallocate)(fd, mode, at, length);
}

#define MODE(flags, mode)                  \
    mode_t mode = 0;                       \
    if ((flags) & (O_CREAT | O_TMPFILE)) { \
        va_list list;                      \
        va_start(list, flags);             \
        mode = va_arg(list, mode_t);       \
        va_end(list);                      \
    }

int open(const char *path, int flags, ...) {
    MODE(flags, mode)
    return refuses_opening(path, flags) ? -1 : NEXT(open)(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    MODE(flags, mode)
    return refuses_opening(path, flags) ? -1 : NEXT(open64)(path, flags, mode);
}

int rename(const char *from, const char *to) { return refuses_changing(from) ? -1 : NEXT(rename)(from, to); }

int unlink(const char *path) { return refuses_changing(path) ? -1 : NEXT(unlink)(path); }

int mkdir(const char *path, mode_t mode) { return refuses_changing(path) ? -1 : NEXT(mkdir)(path, mode); }

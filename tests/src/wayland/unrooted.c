/* Put before the C library of a program that ends if it could become root again: it is told that it could not. What it
 * starts itself is left alone, because XWayland wants to hear the opposite. */
#include <errno.h>
#include <stdlib.h>
#include <sys/types.h>

__attribute__((constructor)) static void spare_children(void) {
    unsetenv("LD_PRELOAD");
}

int setuid(uid_t user) {
    (void)user;
    errno = EPERM;
    return -1;
}

int setgid(gid_t group) {
    (void)group;
    errno = EPERM;
    return -1;
}

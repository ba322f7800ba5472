/* Kills the process right before a chosen call to the system. The library's calls come here, because the program's symbols
 * are found before those of libc: what is not listed is not counted. A write is torn: its first half happens. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

void crash_at(long point);
long crash_disarm(void);

static long passed = -1, last; /* disarmed */

void crash_at(long point) {
    last = point;
    passed = 0;
}

long crash_disarm(void) {
    long points = passed;
    passed = -1;
    return points;
}

static int dies_here(void) {
    return passed >= 0 && ++passed == last;
}

static void point(void) {
    if (dies_here())
        raise(SIGKILL);
}

#define NEXT(name) ((__typeof__(&name))(intptr_t)dlsym(RTLD_NEXT, #name))

int open64(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    point();
    return NEXT(open64)(path, flags, mode);
}

int flock(int file, int operation) {
    point();
    return NEXT(flock)(file, operation);
}

ssize_t read(int file, void *bytes, size_t length) {
    point();
    return NEXT(read)(file, bytes, length);
}

ssize_t write(int file, const void *bytes, size_t length) {
    if (dies_here()) {
        ssize_t half = NEXT(write)(file, bytes, length / 2);
        (void)half;
        raise(SIGKILL);
    }
    return NEXT(write)(file, bytes, length);
}

int fsync(int file) {
    point();
    return NEXT(fsync)(file);
}

int rename(const char *from, const char *to) {
    point();
    return NEXT(rename)(from, to);
}

int unlink(const char *path) {
    point();
    return NEXT(unlink)(path);
}

ssize_t writev(int file, const struct iovec *parts, int count) {
    point();
    return NEXT(writev)(file, parts, count);
}

ssize_t send(int socket, const void *bytes, size_t length, int flags) {
    point();
    return NEXT(send)(socket, bytes, length, flags);
}

ssize_t recv(int socket, void *bytes, size_t length, int flags) {
    point();
    return NEXT(recv)(socket, bytes, length, flags);
}

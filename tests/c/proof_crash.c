/* Kills the process right before a chosen call to the system, or stops it between a new token and its store. The library's
 * calls come here, because the program's symbols are found before those of libc: what is not listed is not counted, and what
 * does not go through libc (openat, renameat, unlinkat) happens between two that are. A write is torn: its first half
 * happens. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

void crash_at(long point);
long crash_disarm(void);
void stop_before_saving(void);
bool stop_is_due(void);

static long passed = -1, last; /* disarmed */
static enum { RUNS, STOPS_AFTER_AN_ANSWER, STOPS } stop;

void crash_at(long point) {
    last = point;
    passed = 0;
}

long crash_disarm(void) {
    long points = passed;
    passed = -1;
    return points;
}

void stop_before_saving(void) {
    stop = STOPS_AFTER_AN_ANSWER;
}

bool stop_is_due(void) {
    return stop != RUNS;
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

ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t offset) {
    point();
    return NEXT(pwrite64)(file, bytes, length, offset);
}

int fsync(int file) {
    point();
    return NEXT(fsync)(file);
}

int close(int file) {
    point();
    return NEXT(close)(file);
}

ssize_t writev(int file, const struct iovec *parts, int count) {
    point();
    return NEXT(writev)(file, parts, count);
}

ssize_t send(int socket, const void *bytes, size_t length, int flags) {
    point();
    if (stop == STOPS && *(const char *)bytes == '*') { /* a command for Redis */
        stop = RUNS;
        raise(SIGSTOP);
    }
    return NEXT(send)(socket, bytes, length, flags);
}

ssize_t recv(int socket, void *bytes, size_t length, int flags) {
    point();
    ssize_t received = NEXT(recv)(socket, bytes, length, flags);
    if (stop == STOPS_AFTER_AN_ANSWER && received > 12 && memcmp(bytes, "HTTP/1.1 200", 12) == 0)
        stop = STOPS;
    return received;
}

/* Waiting for the library's threads, which end by themselves. */
#ifndef ALONE_H
#define ALONE_H

#include "check.h"
#include <dirent.h>
#include <time.h>
#include <unistd.h>

/* ThreadSanitizer has one of its own. */
#ifdef __SANITIZE_THREAD__
#define OF_SANITIZER 1
#else
#define OF_SANITIZER 0
#endif

/* Until there are no more threads than these; SIGALRM ends the program if that does not come. */
static inline void until_threads(int most) {
    const struct timespec pause = {0, 1000000};
    int threads;
    alarm(20);
    do {
        DIR *tasks = opendir("/proc/self/task");
        CHECK(tasks != NULL && nanosleep(&pause, NULL) == 0);
        for (threads = 0; readdir(tasks) != NULL; threads++) {
        }
        closedir(tasks);
    } while (threads > most + OF_SANITIZER + 2); /* "." and ".." too */
    alarm(0);
}

static inline void until_alone(void) {
    until_threads(1);
}

#endif

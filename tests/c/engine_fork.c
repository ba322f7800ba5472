/* A program that forks: with a client that is idle, and with one that other threads are using. */
#include "engine.h"
#include <pthread.h>
#include <sched.h>
#include <sys/wait.h>

static oauth_client *client;
static volatile int stop, calls;

static void *keep_calling(void *unused) {
    (void)unused;
    while (!stop) {
        refresh(client, "busy");
        calls++;
    }
    return NULL;
}

static void wait_for(pid_t child) {
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static pid_t fork_quietly(void) {
    pid_t child;
    fflush(stdout);
    child = fork();
    CHECK(child >= 0);
    if (child == 0)
        alarm(20); /* which no child inherits */
    return child;
}

/* Runs in a child. Nothing of the parent's clean-up may run there. */
static void leave(void) {
    fflush(stdout);
    _exit(0);
}

static void fork_idle(void) {
    pid_t child;
    refresh(client, "parent");
    child = fork_quietly();
    if (child == 0) {
        pid_t grandchild;
        refresh(client, "child");
        grandchild = fork_quietly();
        if (grandchild == 0) {
            refresh(client, "grandchild");
            refresh(client, "grandchild");
            oauth_client_free(client);
            leave();
        }
        refresh(client, "child");
        wait_for(grandchild);
        refresh(client, "child");
        oauth_client_free(client);
        leave();
    }
    refresh(client, "parent");
    wait_for(child);
    refresh(client, "parent");
    refresh(client, "parent");

    /* a child that frees what it has never used */
    child = fork_quietly();
    if (child == 0) {
        oauth_client_free(client);
        leave();
    }
    wait_for(child);
    refresh(client, "parent");
}

static void fork_busy(void) {
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        CHECK(pthread_create(&threads[i], NULL, keep_calling, NULL) == 0);
    for (int number = 0; number < 30; number++) {
        int before = calls;
        pid_t child;
        refresh(client, "parent"); /* so that there is more to inherit than what the threads use */
        child = fork_quietly();
        if (child == 0) {
            refresh(client, "child");
            refresh(client, "child");
            oauth_client_free(client);
            leave();
        }
        wait_for(child);
        while (calls < before + 4) /* the parent's threads go on: SIGALRM ends it if they do not */
            sched_yield();
    }
    stop = 1;
    for (int i = 0; i < 4; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    refresh(client, "parent");
}

int main(void) {
    client = new_client_of(new_config());
    if (strcmp(setting("MODE"), "idle") == 0)
        fork_idle();
    else
        fork_busy();
    oauth_client_free(client);
    return 0;
}

/* A store on a file system that keeps no permissions: one of this program (FUSE), whose files belong to somebody else and are
 * open to everybody. Only root can mount it; for others nothing is tested. */
#define _GNU_SOURCE
#include "check.h"

#ifdef __linux__
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static oauth_error *error;
static char place[] = "/tmp/oauthclient-api-store-unprotected-XXXXXX";
static char directory[256], below[300];
static int device;

enum { ROOT = 1, STORE, FILE_IN_IT };

static struct fuse_attr attributes(uint64_t node) {
    struct fuse_attr is;
    memset(&is, 0, sizeof is);
    is.ino = node;
    is.mode = (node == FILE_IN_IT ? S_IFREG : S_IFDIR) | 0777;
    is.nlink = 1;
    is.uid = is.gid = 4711;
    return is;
}

static void answer(uint64_t unique, int32_t status, const void *bytes, size_t length) {
    char all[512];
    struct fuse_out_header header = {(uint32_t)(sizeof header + length), status, 0};
    header.unique = unique;
    CHECK(sizeof header + length <= sizeof all);
    memcpy(all, &header, sizeof header);
    memcpy(all + sizeof header, bytes, length);
    (void)!write(device, all, sizeof header + length); /* a request may have been withdrawn */
}

/* A directory, the store in it, and one file in that at a time, which can be made, locked and deleted. */
static void serve(void) {
    static char request[1 << 17];
    const struct fuse_in_header *header = (const void *)request;
    bool is_there = false;
    while (read(device, request, sizeof request) > 0) {
        struct {
            struct fuse_entry_out entry;
            struct fuse_open_out open;
        } made;
        struct fuse_init_out init;
        struct fuse_attr_out attr;
        memset(&made, 0, sizeof made);
        memset(&init, 0, sizeof init);
        memset(&attr, 0, sizeof attr);
        made.entry.nodeid = header->nodeid + 1;
        made.entry.attr = attributes(made.entry.nodeid);
        init.major = FUSE_KERNEL_VERSION;
        init.minor = 31;
        init.max_write = 4096;
        attr.attr = attributes(header->nodeid);
        switch (header->opcode) {
        case FUSE_INIT: answer(header->unique, 0, &init, sizeof init); break;
        case FUSE_LOOKUP:
            if (header->nodeid == ROOT || is_there) {
                answer(header->unique, 0, &made.entry, sizeof made.entry);
            } else {
                answer(header->unique, -ENOENT, "", 0);
            }
            break;
        case FUSE_GETATTR: answer(header->unique, 0, &attr, sizeof attr); break;
        case FUSE_OPENDIR: answer(header->unique, 0, &made.open, sizeof made.open); break;
        case FUSE_CREATE: is_there = true; answer(header->unique, 0, &made, sizeof made); break;
        case FUSE_UNLINK: is_there = false; answer(header->unique, 0, "", 0); break;
        case FUSE_FLUSH: case FUSE_RELEASE: case FUSE_RELEASEDIR:
            answer(header->unique, 0, "", 0);
            break;
        case FUSE_FORGET: case FUSE_BATCH_FORGET: break;
        default: answer(header->unique, -ENOSYS, "", 0);
        }
    }
}

static void it_has_to_be_allowed_by_name(void) {
    oauth_store *store = NULL;
    oauth_store_options *options = oauth_store_options_new();
    CHECK_FAILS(oauth_store_open_directory(below, NULL, &store, &error), OAUTH_ERROR_STORE,
                "oauth_store_options_set_allow_unprotected");
    CHECK_FAILS(oauth_store_open_directory(below, options, &store, &error), OAUTH_ERROR_STORE, below);
    oauth_store_options_set_allow_unprotected(options, true);
    CHECK_OK(oauth_store_open_directory(below, options, &store, &error));
    oauth_store_free(store);
    oauth_store_options_set_allow_unprotected(options, false);
    CHECK_FAILS(oauth_store_open_directory(below, options, &store, &error), OAUTH_ERROR_STORE, "keeps no permissions");
    oauth_store_options_free(options);
}

int main(void) {
    char settings[64];
    pid_t server;
    CHECK(mkdtemp(place) != NULL);
    snprintf(directory, sizeof directory, "%s/mounted", place);
    snprintf(below, sizeof below, "%s/store", directory);
    CHECK(mkdir(directory, 0700) == 0);
    device = open("/dev/fuse", O_RDWR);
    snprintf(settings, sizeof settings, "fd=%d,rootmode=40777,user_id=0,group_id=0", device);
    /* The mount is seen by this process only, and ends with it. */
    if (device >= 0 && unshare(CLONE_NEWNS) == 0 && mount("none", "/", "", MS_REC | MS_PRIVATE, NULL) == 0
        && mount("test", directory, "fuse", MS_NOSUID | MS_NODEV, settings) == 0) {
        if ((server = fork()) == 0) {
            CHECK(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
            serve();
            _exit(0);
        }
        it_has_to_be_allowed_by_name();
        CHECK(umount2(directory, MNT_DETACH) == 0 && waitpid(server, NULL, 0) == server);
    }
    CHECK((device < 0 || close(device) == 0) && rmdir(directory) == 0 && rmdir(place) == 0);
    return 0;
}
#else
int main(void) {
    return 0;
}
#endif

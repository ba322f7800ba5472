/* Is librdkafka for examples-c/plugins/rdkafka.c, and prints what it gets: plugin_rdkafka_calls CONFIG */
#include <librdkafka/rdkafka.h>

#include <stdio.h>
#include <time.h>

void set_token_of_profile(rd_kafka_t *rk, const char *config, void *opaque);

rd_kafka_resp_err_t rd_kafka_oauthbearer_set_token(rd_kafka_t *rk, const char *token, int64_t end_ms, const char *principal,
                                                   const char **extensions, size_t count, char *errstr, size_t size) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    printf("%s of %s, ", token, principal);
    for (size_t i = 0; i + 1 < count; i += 2)
        printf("%s: %s, ", extensions[i], extensions[i + 1]);
    /* As librdkafka does. */
    printf("is asked for again after %.0f\n", 0.8 * ((double)end_ms / 1e3 - (double)now.tv_sec - (double)now.tv_nsec / 1e9));
    (void)rk, (void)errstr, (void)size;
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t rd_kafka_oauthbearer_set_token_failure(rd_kafka_t *rk, const char *why) {
    (void)rk;
    puts(why);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

int main(int count, char **arguments) {
    if (count != 2)
        return 64;
    set_token_of_profile(NULL, arguments[1], NULL);
    return 0;
}

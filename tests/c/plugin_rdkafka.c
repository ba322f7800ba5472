/* A program that sets the function of examples-c/plugins/rdkafka.c itself: plugin_rdkafka BROKER PROFILE
 * Waits for the broker's answer or for the first error, and says how long its longest call of librdkafka took. */
#include <librdkafka/rdkafka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

void set_token_of_profile(rd_kafka_t *rk, const char *config, void *opaque);

static double now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void on_error(rd_kafka_t *rk, int code, const char *reason, void *failed) {
    (void)rk;
    *(bool *)failed = true;
    printf("%s: %s\n", rd_kafka_err2name(code), reason);
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value) {
    char errstr[512];
    if (rd_kafka_conf_set(conf, name, value, errstr, sizeof errstr) != RD_KAFKA_CONF_OK) {
        fprintf(stderr, "%s: %s\n", name, errstr);
        exit(64);
    }
}

int main(int count, char **arguments) {
    char config[128], errstr[512];
    const struct rd_kafka_metadata *metadata = NULL;
    bool failed = false;
    double longest_s = 0;
    if (count != 3)
        return 64;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    snprintf(config, sizeof config, "profile=%s", arguments[2]);
    set(conf, "bootstrap.servers", arguments[1]);
    set(conf, "security.protocol", "SASL_PLAINTEXT");
    set(conf, "sasl.mechanisms", "OAUTHBEARER");
    set(conf, "sasl.oauthbearer.config", config);
    rd_kafka_conf_set_opaque(conf, &failed);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_oauthbearer_token_refresh_cb(conf, set_token_of_profile);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, errstr, sizeof errstr);
    if (rk == NULL) {
        fprintf(stderr, "%s\n", errstr);
        rd_kafka_conf_destroy(conf);
        return 64;
    }
    while (!failed && metadata == NULL) {
        double start_s = now_s();
        rd_kafka_poll(rk, 100);
        if (now_s() - start_s > longest_s)
            longest_s = now_s() - start_s;
        if (!failed)
            rd_kafka_metadata(rk, 0, NULL, &metadata, 500);
    }
    if (metadata != NULL)
        rd_kafka_metadata_destroy(metadata);
    rd_kafka_destroy(rk);
    printf("the longest poll took %.1f s\n", longest_s);
    return failed;
}

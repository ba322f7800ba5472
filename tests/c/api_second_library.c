/* A program with two libraries that are both written in Rust. */
#include "api_fake.h"

/* The sum of the numbers below n, by way of a thread, a hash map and a caught panic. */
uint32_t second_library_sum(uint32_t n);

int main(void) {
    struct fake fake = {0};
    oauth_client *client = fake_client(&fake);
    oauth_token_free(refreshed(client, "r3fresh"));
    CHECK(second_library_sum(10) == 45);
    oauth_token_free(refreshed(client, "r3fresh"));
    oauth_client_free(client);
    CHECK(fake.calls == 2 && fake.destroyed == 1);
    return 0;
}

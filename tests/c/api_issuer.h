/* A client that knows only its issuer: the fake server has the metadata. */
#ifndef API_ISSUER_H
#define API_ISSUER_H

#include "api_fake.h"

#define ISSUER "https://as.example"
#define OPENID "/.well-known/openid-configuration"
#define OAUTH "/.well-known/oauth-authorization-server"

static oauth_error *error;
static struct fake fake;

static oauth_config *issuer_config(const char *issuer) {
    oauth_config *config = oauth_config_new();
    oauth_config_set_issuer(config, issuer);
    oauth_config_set_client(config, "client", "s3cr3t");
    oauth_config_set_transport(config, fake_send, &fake, fake_destroy);
    fake.registered++;
    return config;
}

#endif

/* A workload gets tokens by what its platform says about it: no secret is kept anywhere.
 *
 *     workload kubernetes | eks | aks | github | forgejo | gitlab | azure | gcp | external_account | spiffe
 *
 * It prints the value of an Authorization header. The platform sets the variables and files that each function below
 * names. Whoever deploys the program sets where its tokens come from: OAUTH_ISSUER or OAUTH_TOKEN_ENDPOINT, and if the
 * server wants them, OAUTH_CLIENT_ID, OAUTH_AUDIENCE and OAUTH_SCOPE.
 */
#include <oauth.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JWT "urn:ietf:params:oauth:token-type:jwt"

/* What a platform fills in. */
struct workload {
    oauth_config *config;
    oauth_session_options *options;
    oauth_params *parameters;
    oauth_source *source;
    oauth_error *error;
};

static const char *setting(const char *name, const char *usual)
{
    const char *value = getenv(name);
    return value && *value ? value : usual;
}

/* One text of several, without room for less than the whole. */
static const char *joined(char *text, size_t size, const char *one, const char *two, const char *three)
{
    int length = snprintf(text, size, "%s%s%s", one, two, three);
    return length >= 0 && (size_t)length < size ? text : NULL;
}

/* The platform's proof is exchanged for a token (RFC 8693). */
static oauth_status exchange(struct workload *workload, const char *type)
{
    oauth_session_options_set_token_exchange(workload->options, workload->source, type);
    return OAUTH_OK;
}

/* A projected service account token: the kubelet replaces the file before it expires. */
static oauth_status kubernetes(struct workload *workload)
{
    const char *file = setting("OAUTH_TOKEN_FILE", "/var/run/secrets/tokens/oauth");
    oauth_status status = oauth_source_from_file(file, NULL, &workload->source, &workload->error);
    return status == OAUTH_OK ? exchange(workload, JWT) : status;
}

/* The same, where the cluster's webhook says which file it is; here as a grant of its own (RFC 7523). */
static oauth_status eks(struct workload *workload)
{
    const char *file = setting("AWS_WEB_IDENTITY_TOKEN_FILE", "");
    oauth_status status = oauth_source_from_file(file, NULL, &workload->source, &workload->error);
    if (status == OAUTH_OK)
        oauth_session_options_set_jwt_bearer(workload->options, workload->source);
    return status;
}

/* The file proves who the client is, in place of its secret. */
static oauth_status aks(struct workload *workload)
{
    char endpoint[1024];
    const char *file = setting("AZURE_FEDERATED_TOKEN_FILE", "");
    const char *host = setting("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.com/");
    oauth_status status = oauth_source_from_file(file, NULL, &workload->source, &workload->error);
    oauth_config_set_token_endpoint(
        workload->config, joined(endpoint, sizeof endpoint, host, getenv("AZURE_TENANT_ID"), "/oauth2/v2.0/token"));
    oauth_config_set_client(workload->config, getenv("AZURE_CLIENT_ID"), NULL);
    oauth_config_set_client_assertion(workload->config, workload->source);
    oauth_session_options_set_client_credentials(workload->options, true);
    return status;
}

/* GitHub Actions, and Forgejo with the same two variables: a token of the job asks for a token about the job. */
static oauth_status actions(struct workload *workload)
{
    char url[2048], bearer[4096];
    const char *audience = setting("OAUTH_AUDIENCE", "");
    oauth_params *headers = oauth_params_new();
    oauth_status status;
    joined(bearer, sizeof bearer, "Bearer ", setting("ACTIONS_ID_TOKEN_REQUEST_TOKEN", ""), "");
    oauth_params_set(headers, "Authorization", bearer);
    joined(url, sizeof url, setting("ACTIONS_ID_TOKEN_REQUEST_URL", ""), *audience ? "&audience=" : "", audience);
    status = oauth_source_from_url(url, headers, "/value", &workload->source, &workload->error);
    oauth_params_free(headers);
    return status == OAUTH_OK ? exchange(workload, JWT) : status;
}

/* GitLab CI puts the token of the job into a variable that the job names (id_tokens). */
static oauth_status read_variable(void *user_data, oauth_source_value *value)
{
    oauth_source_value_set(value, getenv(user_data));
    return OAUTH_OK;
}

static oauth_status gitlab(struct workload *workload)
{
    static char variable[] = "OAUTH_ID_TOKEN";
    oauth_status status =
        oauth_source_from_callback(read_variable, variable, NULL, &workload->source, &workload->error);
    return status == OAUTH_OK ? exchange(workload, JWT) : status;
}

/* A cloud that gives the access token itself. The issuer says whose token it is; it is not asked. */
static oauth_status metadata(struct workload *workload, const char *issuer, const char *url, const char *header,
                             const char *value)
{
    oauth_params *headers = oauth_params_new();
    oauth_status status;
    oauth_config_set_issuer(workload->config, issuer);
    oauth_params_set(headers, header, value);
    status = oauth_source_from_url(url, headers, NULL, &workload->source, &workload->error);
    if (status == OAUTH_OK)
        oauth_session_options_set_source(workload->options, workload->source);
    oauth_params_free(headers);
    return status;
}

/* OAUTH_AUDIENCE, as it stands in a URL, says for which API. */
static oauth_status azure(struct workload *workload)
{
    char url[2048];
    joined(url, sizeof url, setting("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://169.254.169.254"),
           "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=",
           setting("OAUTH_AUDIENCE", "https%3A%2F%2Fmanagement.azure.com%2F"));
    return metadata(workload, "https://sts.windows.net/", url, "Metadata", "true");
}

static oauth_status gcp(struct workload *workload)
{
    char url[2048];
    joined(url, sizeof url, "http://", setting("GCE_METADATA_HOST", "metadata.google.internal"),
           "/computeMetadata/v1/instance/service-accounts/default/token");
    return metadata(workload, "https://accounts.google.com", url, "Metadata-Flavor", "Google");
}

/* The source that the file of an external account describes: a file, a URL, or a command without quotes. */
static oauth_status described(struct workload *workload, const oauth_json *from)
{
    const oauth_json *format = oauth_json_object(from, "format"), *headers = oauth_json_object(from, "headers");
    const char *field = oauth_json_text(format, "subject_token_field_name"), *pointer = NULL;
    const char *file = oauth_json_text(from, "file"), *url = oauth_json_text(from, "url");
    const char *command = oauth_json_text(oauth_json_object(from, "executable"), "command");
    char place[256], words[1024] = "", *arguments[32], *word;
    size_t count = 0, index;
    oauth_params *given;
    oauth_status status;
    if (field)
        pointer = joined(place, sizeof place, "/", field, "");
    if (file)
        return oauth_source_from_file(file, pointer, &workload->source, &workload->error);
    if (!url) {
        joined(words, sizeof words, command ? command : "", "", "");
        for (word = strtok(words, " "); word && count < 32; word = strtok(NULL, " "))
            arguments[count++] = word;
        return oauth_source_from_command((const char *const *)arguments, count, "/id_token", &workload->source,
                                         &workload->error);
    }
    given = oauth_params_new();
    for (index = 0; index < oauth_json_count(headers); index++) {
        const char *name = oauth_json_name_at(headers, index);
        oauth_params_set(given, name, oauth_json_text(headers, name));
    }
    status = oauth_source_from_url(url, given, pointer, &workload->source, &workload->error);
    oauth_params_free(given);
    return status;
}

/* The file that `gcloud iam workload-identity-pools create-cred-config` writes, as it is. */
static oauth_status external_account(struct workload *workload)
{
    oauth_source *file = NULL;
    oauth_json *json = NULL;
    char *text = NULL;
    const char *path = setting("GOOGLE_APPLICATION_CREDENTIALS", "");
    oauth_status status = oauth_source_from_file(path, NULL, &file, &workload->error);
    if (status == OAUTH_OK)
        status = oauth_source_read(file, NULL, &text, &workload->error);
    if (status == OAUTH_OK)
        status = oauth_json_from_text(text, &json, &workload->error);
    if (status == OAUTH_OK)
        status = described(workload, oauth_json_object(json, "credential_source"));
    if (status == OAUTH_OK) {
        oauth_config_set_token_endpoint(workload->config, oauth_json_text(json, "token_url"));
        oauth_params_set(workload->parameters, "audience", oauth_json_text(json, "audience"));
        exchange(workload, oauth_json_text(json, "subject_token_type"));
    }
    oauth_json_free(json);
    oauth_string_free(text);
    oauth_source_free(file);
    return status;
}

/* A JWT-SVID: from the file that spiffe-helper keeps, or from the agent's command. */
static oauth_status spiffe(struct workload *workload)
{
    const char *file = getenv("SPIFFE_JWT_FILE");
    const char *arguments[] = {"spire-agent", "api", "fetch", "jwt", "-audience", NULL, "-output", "json"};
    oauth_status status;
    arguments[5] = setting("OAUTH_AUDIENCE", setting("OAUTH_ISSUER", "oauth"));
    status = file ? oauth_source_from_file(file, NULL, &workload->source, &workload->error)
                  : oauth_source_from_command(arguments, 8, "/0/svids/0/svid", &workload->source, &workload->error);
    return status == OAUTH_OK ? exchange(workload, JWT) : status;
}

static const struct {
    const char *name;
    oauth_status (*set)(struct workload *workload);
} platforms[] = {
    {"kubernetes", kubernetes}, {"eks", eks},       {"aks", aks}, {"github", actions},
    {"forgejo", actions},       {"gitlab", gitlab}, {"gcp", gcp}, {"external_account", external_account},
    {"azure", azure},           {"spiffe", spiffe},
};

int main(int count, char **arguments)
{
    struct workload workload = {NULL, NULL, NULL, NULL, NULL};
    oauth_client *client = NULL;
    oauth_session *session = NULL;
    char authorization[16384];
    size_t index = 0, all = sizeof platforms / sizeof *platforms;
    oauth_status status;

    while (index < all && (count != 2 || strcmp(arguments[1], platforms[index].name) != 0))
        index++;
    if (index == all) {
        fputs("workload kubernetes|eks|aks|github|forgejo|gitlab|azure|gcp|external_account|spiffe\n", stderr);
        return EXIT_FAILURE;
    }
    workload.config = oauth_config_new();
    workload.options = oauth_session_options_new();
    workload.parameters = oauth_params_new();
    if (getenv("OAUTH_ISSUER"))
        oauth_config_set_issuer(workload.config, getenv("OAUTH_ISSUER"));
    if (getenv("OAUTH_TOKEN_ENDPOINT"))
        oauth_config_set_token_endpoint(workload.config, getenv("OAUTH_TOKEN_ENDPOINT"));
    if (getenv("OAUTH_CLIENT_ID"))
        oauth_config_set_client(workload.config, getenv("OAUTH_CLIENT_ID"), NULL);
    if (getenv("OAUTH_AUDIENCE"))
        oauth_params_set(workload.parameters, "audience", getenv("OAUTH_AUDIENCE"));

    status = platforms[index].set(&workload);
    oauth_session_options_set_scope(workload.options, getenv("OAUTH_SCOPE"));
    oauth_session_options_set_field_parameters(workload.options, workload.parameters);
    if (status == OAUTH_OK)
        status = oauth_client_new(workload.config, &client, &workload.error);
    if (status == OAUTH_OK)
        status = oauth_session_open(client, NULL, arguments[1], workload.options, &session, &workload.error);
    /* A program that goes on running asks before each request; the session renews. */
    if (status == OAUTH_OK)
        status = oauth_session_copy_authorization(session, NULL, authorization, sizeof authorization, NULL,
                                                  &workload.error);
    if (status == OAUTH_OK)
        printf("%s\n", authorization);
    else
        fprintf(stderr, "%s: %s\n", oauth_status_name(status), oauth_error_message(workload.error));

    oauth_error_free(workload.error);
    oauth_session_free(session);
    oauth_client_free(client);
    oauth_source_free(workload.source);
    oauth_params_free(workload.parameters);
    oauth_session_options_free(workload.options);
    oauth_config_free(workload.config);
    return status == OAUTH_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

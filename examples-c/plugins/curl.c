/* Calls an API with libcurl and the token of a profile: curl PROFILE URL. A token that the API refuses is replaced once. */
#include <curl/curl.h>
#include <oauth.h>

#include <stdio.h>
#include <stdlib.h>

/* Sends one request; the HTTP status of its answer, and its WWW-Authenticate header, which lives until the next one. */
static int32_t call(CURL *curl, const oauth_token *token, const char **www_authenticate)
{
    struct curl_header *header = NULL;
    long http_status = 0;
    curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, oauth_token_access_token(token));
    CURLcode code = curl_easy_perform(curl);
    if (code != CURLE_OK)
        fprintf(stderr, "%s\n", curl_easy_strerror(code));
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &http_status);
    CURLHcode found = curl_easy_header(curl, "WWW-Authenticate", 0, CURLH_HEADER, -1, &header);
    *www_authenticate = found == CURLHE_OK ? header->value : NULL;
    return (int32_t)http_status;
}

static size_t ignore(char *bytes, size_t size, size_t count, void *unused)
{
    (void)bytes, (void)unused;
    return size * count;
}

int main(int count, char **arguments)
{
    oauth_session *session = NULL;
    oauth_token *token = NULL;
    oauth_error *error = NULL;
    const char *www_authenticate = NULL;
    int32_t http_status = 0;
    if (count != 3) {
        fprintf(stderr, "usage: curl PROFILE URL\n");
        return 2;
    }
    CURL *curl = curl_easy_init(); /* one handle, so that the connection is kept */
    curl_easy_setopt(curl, CURLOPT_URL, arguments[2]);
    curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore);
    if (oauth_profile_open(arguments[1], &session, &error) == OAUTH_OK
        && oauth_session_token(session, NULL, &token, &error) == OAUTH_OK)
        do
            http_status = call(curl, token, &www_authenticate);
        while (oauth_session_replace(session, &token, http_status, www_authenticate, NULL, &error));
    if (error)
        fprintf(stderr, "%s\n", oauth_error_message(error));
    printf("%d\n", (int)http_status);
    oauth_error_free(error);
    oauth_token_free(token);
    oauth_session_free(session);
    curl_easy_cleanup(curl);
    return http_status == 200 ? EXIT_SUCCESS : EXIT_FAILURE;
}

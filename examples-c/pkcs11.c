/* A client whose key never leaves its hardware: an HSM, a smart card, a TPM, whatever has a PKCS#11 module.
 *
 *     PKCS11_PIN=... OAUTH_ISSUER=https://as.example OAUTH_CLIENT_ID=batch pkcs11 MODULE.so TOKEN KEY
 *
 * TOKEN and KEY are labels, as `pkcs11-tool --list-slots` and `--list-objects` show them. P-256 signs as ES256, P-384
 * as ES384, RSA as PS256 where the token can, else as RS256. Also read: OAUTH_SCOPE. The public key, for the server:
 *
 *     PKCS11_PIN=... pkcs11 --jwk MODULE.so TOKEN KEY
 */
#include <oauth.h>

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what this program needs of PKCS#11 2.40, under its own names */

typedef unsigned long CK_ULONG, CK_RV;
typedef struct { CK_ULONG type; void *value; CK_ULONG length; } CK_ATTRIBUTE;
typedef struct { CK_ULONG mechanism; const void *parameter; CK_ULONG length; } CK_MECHANISM;
typedef struct { CK_ULONG min_key, max_key, flags; } CK_MECHANISM_INFO;
typedef struct { CK_ULONG hash, mgf, salt; } CK_RSA_PKCS_PSS_PARAMS;
typedef struct { void *callbacks[4]; CK_ULONG flags; void *reserved; } CK_C_INITIALIZE_ARGS;
typedef union { unsigned char label[32]; CK_ULONG rest[64]; } CK_TOKEN_INFO;

typedef struct {
    unsigned char version[2];
    CK_RV (*C_Initialize)(CK_C_INITIALIZE_ARGS *);
    CK_RV (*C_Finalize)(void *);
    void (*before_slots[2])(void);
    CK_RV (*C_GetSlotList)(unsigned char present, CK_ULONG *slots, CK_ULONG *count);
    void (*C_GetSlotInfo)(void);
    CK_RV (*C_GetTokenInfo)(CK_ULONG slot, CK_TOKEN_INFO *);
    void (*C_GetMechanismList)(void);
    CK_RV (*C_GetMechanismInfo)(CK_ULONG slot, CK_ULONG mechanism, CK_MECHANISM_INFO *);
    void (*before_sessions[3])(void);
    CK_RV (*C_OpenSession)(CK_ULONG slot, CK_ULONG flags, void *, void *, CK_ULONG *session);
    CK_RV (*C_CloseSession)(CK_ULONG session);
    void (*before_login[4])(void);
    CK_RV (*C_Login)(CK_ULONG session, CK_ULONG user, const char *pin, CK_ULONG length);
    void (*before_attributes[5])(void);
    CK_RV (*C_GetAttributeValue)(CK_ULONG session, CK_ULONG object, CK_ATTRIBUTE *, CK_ULONG count);
    void (*C_SetAttributeValue)(void);
    CK_RV (*C_FindObjectsInit)(CK_ULONG session, CK_ATTRIBUTE *, CK_ULONG count);
    CK_RV (*C_FindObjects)(CK_ULONG session, CK_ULONG *objects, CK_ULONG max, CK_ULONG *count);
    CK_RV (*C_FindObjectsFinal)(CK_ULONG session);
    void (*before_digests[8])(void);
    CK_RV (*C_DigestInit)(CK_ULONG session, CK_MECHANISM *);
    CK_RV (*C_Digest)(CK_ULONG session, const uint8_t *, CK_ULONG, uint8_t *, CK_ULONG *length);
    void (*before_signatures[3])(void);
    CK_RV (*C_SignInit)(CK_ULONG session, CK_MECHANISM *, CK_ULONG key);
    CK_RV (*C_Sign)(CK_ULONG session, const uint8_t *, CK_ULONG, uint8_t *, CK_ULONG *length);
} CK_FUNCTION_LIST;

enum {
    CKO_PUBLIC_KEY = 2, CKO_PRIVATE_KEY = 3, CKU_USER = 1, CKF_OS_LOCKING_OK = 2, CKF_SERIAL_SESSION = 4,
    CKA_CLASS = 0x0, CKA_LABEL = 0x3, CKA_KEY_TYPE = 0x100, CKA_MODULUS = 0x120, CKA_PUBLIC_EXPONENT = 0x122,
    CKA_EC_PARAMS = 0x180, CKA_EC_POINT = 0x181, CKK_RSA = 0, CKK_EC = 3, CKG_MGF1_SHA256 = 2,
    CKM_SHA256_RSA_PKCS = 0x40, CKM_SHA256_RSA_PKCS_PSS = 0x43, CKM_SHA256 = 0x250, CKM_SHA384 = 0x260,
    CKM_ECDSA = 0x1041, CKM_ECDSA_SHA256 = 0x1044, CKM_ECDSA_SHA384 = 0x1045
};

/* ---- the key in the token */

typedef struct {
    CK_FUNCTION_LIST *ck;
    CK_ULONG slot, session, private_key, public_key;
    const char *algorithm;
    CK_MECHANISM digest; /* first, where the token signs digests only */
    CK_MECHANISM sign;
} hardware_key;

static const CK_RSA_PKCS_PSS_PARAMS pss = { CKM_SHA256, CKG_MGF1_SHA256, 32 };

/* Says which call failed; 0x30 is CKR_DEVICE_ERROR, 0xa0 CKR_PIN_INCORRECT, and so on. */
static bool ok(CK_RV result, const char *call)
{
    if (result != 0)
        fprintf(stderr, "%s: PKCS#11 error 0x%lx\n", call, result);
    return result == 0;
}

static bool has_label(const unsigned char padded[32], const char *label)
{
    size_t length = strlen(label), i = length;

    while (i < 32 && padded[i] == ' ')
        i++;
    return length <= 32 && i == 32 && memcmp(padded, label, length) == 0;
}

static bool find_token(hardware_key *key, const char *label)
{
    CK_ULONG slots[64], count = 64, i;
    CK_TOKEN_INFO info;

    if (!ok(key->ck->C_GetSlotList(1, slots, &count), "C_GetSlotList"))
        return false;
    for (i = 0; i < count; i++) {
        if (key->ck->C_GetTokenInfo(slots[i], &info) == 0 && has_label(info.label, label)) {
            key->slot = slots[i];
            return true;
        }
    }
    fprintf(stderr, "No token has the label %s.\n", label);
    return false;
}

static bool find_object(const hardware_key *key, CK_ULONG class, const char *label, CK_ULONG *object)
{
    CK_ULONG count = 0;
    CK_ATTRIBUTE wanted[2] = { { CKA_CLASS, &class, sizeof class }, { CKA_LABEL, (void *)label, strlen(label) } };
    CK_RV result;

    if (!ok(key->ck->C_FindObjectsInit(key->session, wanted, 2), "C_FindObjectsInit"))
        return false;
    result = key->ck->C_FindObjects(key->session, object, 1, &count);
    key->ck->C_FindObjectsFinal(key->session);
    if (result == 0 && count == 0)
        fprintf(stderr, "The token has no %s key %s.\n", class == CKO_PRIVATE_KEY ? "private" : "public", label);
    return ok(result, "C_FindObjects") && count == 1;
}

/* The length of an attribute of the public key, or 0. */
static size_t attribute(const hardware_key *key, CK_ULONG type, void *value, size_t capacity)
{
    CK_ATTRIBUTE attribute = { type, value, capacity };

    return key->ck->C_GetAttributeValue(key->session, key->public_key, &attribute, 1) == 0 ? attribute.length : 0;
}

static bool can(const hardware_key *key, CK_ULONG mechanism)
{
    CK_MECHANISM_INFO info;

    return key->ck->C_GetMechanismInfo(key->slot, mechanism, &info) == 0;
}

/* Called by the library, on any thread: each signature has a PKCS#11 session of its own. */
static oauth_status sign(void *user_data, const char *algorithm, const uint8_t *message, size_t length,
                         oauth_signature *signature)
{
    const hardware_key *key = user_data;
    CK_MECHANISM digest_by = key->digest, sign_by = key->sign;
    uint8_t digest[64], bytes[1024];
    CK_ULONG session, digest_length = sizeof digest, bytes_length = sizeof bytes;
    bool signed_it = true;

    (void)algorithm; /* the one that was given to oauth_key_from_signer */
    if (!ok(key->ck->C_OpenSession(key->slot, CKF_SERIAL_SESSION, NULL, NULL, &session), "C_OpenSession"))
        return OAUTH_ERROR_CALLBACK;
    if (digest_by.mechanism != 0) {
        signed_it = ok(key->ck->C_DigestInit(session, &digest_by), "C_DigestInit")
            && ok(key->ck->C_Digest(session, message, length, digest, &digest_length), "C_Digest");
        message = digest;
        length = digest_length;
    }
    signed_it = signed_it && ok(key->ck->C_SignInit(session, &sign_by, key->private_key), "C_SignInit")
        && ok(key->ck->C_Sign(session, message, length, bytes, &bytes_length), "C_Sign");
    key->ck->C_CloseSession(session);
    if (!signed_it)
        return OAUTH_ERROR_CALLBACK;
    oauth_signature_set(signature, bytes, bytes_length); /* ECDSA: r and s joined, as PKCS#11 has them */
    return OAUTH_OK;
}

/* ---- its public part, as a JWK (RFC 7517) */

static void base64url(char **at, const uint8_t *bytes, size_t length)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    unsigned long bits = 0;
    size_t i, have = 0;

    for (i = 0; i < length; i++) {
        bits = (bits << 8 | bytes[i]) & 0xffff;
        for (have += 8; have >= 6; have -= 6)
            *(*at)++ = digits[bits >> (have - 6) & 63];
    }
    if (have > 0)
        *(*at)++ = digits[bits << (6 - have) & 63];
}

static void member(char **at, const char *name, const uint8_t *bytes, size_t length)
{
    *at += sprintf(*at, ",\"%s\":\"", name);
    base64url(at, bytes, length);
    *at += sprintf(*at, "\"");
}

static bool elliptic(hardware_key *key, char *jwk)
{
    static const uint8_t p256[] = { 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7 };
    static const uint8_t p384[] = { 6, 5, 0x2b, 0x81, 4, 0, 0x22 };
    uint8_t curve[16], point[128];
    size_t curve_length = attribute(key, CKA_EC_PARAMS, curve, sizeof curve);
    size_t length = attribute(key, CKA_EC_POINT, point, sizeof point), half;
    CK_ULONG whole;

    if (curve_length == sizeof p256 && memcmp(curve, p256, sizeof p256) == 0) {
        key->algorithm = "ES256";
        half = 32;
        whole = CKM_ECDSA_SHA256;
        key->digest.mechanism = CKM_SHA256;
    } else if (curve_length == sizeof p384 && memcmp(curve, p384, sizeof p384) == 0) {
        key->algorithm = "ES384";
        half = 48;
        whole = CKM_ECDSA_SHA384;
        key->digest.mechanism = CKM_SHA384;
    } else {
        return false;
    }
    /* 4, x, y; most tokens wrap it in an OCTET STRING */
    if (length < 1 + 2 * half || point[length - 1 - 2 * half] != 4)
        return false;
    key->sign.mechanism = CKM_ECDSA;
    if (can(key, whole)) {
        key->sign.mechanism = whole;
        key->digest.mechanism = 0;
    }
    jwk += sprintf(jwk, "{\"kty\":\"EC\",\"crv\":\"P-%s\"", key->algorithm + 2);
    member(&jwk, "x", point + length - 2 * half, half);
    member(&jwk, "y", point + length - half, half);
    strcpy(jwk, "}");
    return true;
}

static bool rsa(hardware_key *key, char *jwk)
{
    uint8_t modulus[1024], exponent[16];
    size_t modulus_length = attribute(key, CKA_MODULUS, modulus, sizeof modulus);
    size_t exponent_length = attribute(key, CKA_PUBLIC_EXPONENT, exponent, sizeof exponent);

    if (modulus_length == 0 || exponent_length == 0)
        return false;
    key->algorithm = "RS256";
    key->sign.mechanism = CKM_SHA256_RSA_PKCS;
    if (can(key, CKM_SHA256_RSA_PKCS_PSS)) {
        CK_MECHANISM with_salt = { CKM_SHA256_RSA_PKCS_PSS, &pss, sizeof pss };
        key->algorithm = "PS256";
        key->sign = with_salt;
    }
    jwk += sprintf(jwk, "{\"kty\":\"RSA\"");
    member(&jwk, "n", modulus, modulus_length);
    member(&jwk, "e", exponent, exponent_length);
    strcpy(jwk, "}");
    return true;
}

static bool open_key(hardware_key *key, void *module, const char *token, const char *label, char *jwk)
{
    CK_C_INITIALIZE_ARGS threads = { { NULL, NULL, NULL, NULL }, CKF_OS_LOCKING_OK, NULL };
    CK_RV (*get_function_list)(CK_FUNCTION_LIST **);
    const char *pin = getenv("PKCS11_PIN");
    CK_ULONG type = 0;

    *(void **)&get_function_list = dlsym(module, "C_GetFunctionList");
    if (get_function_list == NULL || pin == NULL) {
        fprintf(stderr, pin == NULL ? "PKCS11_PIN is not set.\n" : "This is no PKCS#11 module.\n");
        return false;
    }
    if (!ok(get_function_list(&key->ck), "C_GetFunctionList") || !ok(key->ck->C_Initialize(&threads), "C_Initialize"))
        return false;
    /* This session stays open: the login lasts as long. */
    if (!find_token(key, token)
        || !ok(key->ck->C_OpenSession(key->slot, CKF_SERIAL_SESSION, NULL, NULL, &key->session), "C_OpenSession")
        || !ok(key->ck->C_Login(key->session, CKU_USER, pin, strlen(pin)), "C_Login")
        || !find_object(key, CKO_PRIVATE_KEY, label, &key->private_key)
        || !find_object(key, CKO_PUBLIC_KEY, label, &key->public_key))
        return false;
    attribute(key, CKA_KEY_TYPE, &type, sizeof type);
    if ((type == CKK_EC && elliptic(key, jwk)) || (type == CKK_RSA && rsa(key, jwk)))
        return true;
    fprintf(stderr, "The key %s is neither P-256 nor P-384 nor RSA.\n", label);
    return false;
}

/* ---- a token for a machine */

static oauth_status get_token(hardware_key *hardware, const char *jwk)
{
    oauth_key *key = NULL;
    oauth_client *client = NULL;
    oauth_token *token = NULL;
    oauth_error *error = NULL;
    oauth_config *config = oauth_config_new();

    oauth_config_set_issuer(config, getenv("OAUTH_ISSUER"));
    oauth_config_set_client(config, getenv("OAUTH_CLIENT_ID"), NULL);
    oauth_status status = oauth_key_from_signer(jwk, hardware->algorithm, sign, hardware, NULL, &key, &error);
    if (status == OAUTH_OK) {
        oauth_config_set_client_key(config, key);
        status = oauth_client_new(config, &client, &error);
    }
    if (status == OAUTH_OK)
        status = oauth_request_client_credentials(client, getenv("OAUTH_SCOPE"), NULL, NULL, &token, &error);
    if (status == OAUTH_OK)
        printf("%s\n", oauth_token_access_token(token));
    else
        fprintf(stderr, "%s: %s\n", oauth_status_name(status), oauth_error_message(error));

    oauth_error_free(error);
    oauth_token_free(token);
    oauth_client_free(client);
    oauth_key_free(key);
    oauth_config_free(config);
    return status;
}

int main(int argc, char **argv)
{
    bool only_jwk = argc > 1 && strcmp(argv[1], "--jwk") == 0;
    char **arguments = argv + 1 + only_jwk;
    hardware_key key = { 0 };
    char jwk[2048];
    bool done = false;

    if (argc - only_jwk != 4) {
        fprintf(stderr, "usage: pkcs11 [--jwk] MODULE.so TOKEN KEY\n");
        return 2;
    }
    void *module = dlopen(arguments[0], RTLD_NOW);
    if (module == NULL)
        fprintf(stderr, "%s\n", dlerror());
    else if (open_key(&key, module, arguments[1], arguments[2], jwk))
        done = only_jwk ? puts(jwk) >= 0 : get_token(&key, jwk) == OAUTH_OK;
    if (key.ck != NULL)
        key.ck->C_Finalize(NULL);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}

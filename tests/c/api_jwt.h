/* The parts of a JWT, for a look at what was signed; whether the signature is good is for others to say. */
#ifndef API_JWT_H
#define API_JWT_H

#include "check.h"

/* Header (0) or claims (1) of a JWT as text; overwritten by the next call. */
static inline const char *jwt_part(const char *jwt, int part) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    static char text[2048];
    size_t length = 0;
    unsigned value = 0, bits = 0;
    for (; part > 0; part--) {
        jwt = strchr(jwt, '.');
        CHECK(jwt != NULL);
        jwt++;
    }
    for (; *jwt != '.'; jwt++) {
        const char *digit = strchr(digits, *jwt);
        CHECK(*jwt != '\0' && digit != NULL && length < sizeof text - 1);
        value = value << 6 | (unsigned)(digit - digits);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            text[length++] = (char)(value >> bits & 0xff);
        }
    }
    text[length] = '\0';
    return text;
}

/* The value of a form's field, as it is written; overwritten by the next call. */
static inline const char *form_field(const char *form, const char *name) {
    static char value[4096];
    size_t length = strlen(name);
    for (; form != NULL; form = strchr(form, '&')) {
        form += *form == '&';
        if (strncmp(form, name, length) == 0 && form[length] == '=') {
            size_t size = strcspn(form + length + 1, "&");
            CHECK(size < sizeof value);
            memcpy(value, form + length + 1, size);
            value[size] = '\0';
            return value;
        }
    }
    return NULL;
}

#endif

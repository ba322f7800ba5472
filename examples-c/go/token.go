package oauthclient

// #include "bridge.h"
import "C"

import (
	"encoding/json"
	"time"
	"unsafe"
)

// Token is an access token and what came with it. It prints as an address, never as its secrets.
type Token struct{ *handle }

func newToken(token *C.oauth_token) *Token {
	return &Token{newHandle(unsafe.Pointer(token), func(p unsafe.Pointer) { C.oauth_token_free((*C.oauth_token)(p)) })}
}

// NewToken makes a token of what was got elsewhere; all but the access token may be empty.
func NewToken(accessToken, tokenType, refreshToken, scope string, expiry time.Time) (*Token, error) {
	var given arguments
	defer given.free()
	var token *C.oauth_token
	var failure *C.oauth_error
	expires := C.int64_t(-1)
	if !expiry.IsZero() {
		expires = C.int64_t(expiry.Unix())
	}
	status := C.oauth_token_new(given.text(accessToken), given.text(tokenType), given.text(refreshToken), given.text(scope), expires, &token, &failure)
	if err := newError(status, failure); err != nil {
		return nil, err
	}
	return newToken(token), nil
}

// ParseToken reads what Serialize has made.
func ParseToken(text []byte) (*Token, error) {
	var given arguments
	defer given.free()
	var token *C.oauth_token
	var failure *C.oauth_error
	status := C.oauth_token_from_json(given.text(string(text)), &token, &failure)
	if err := newError(status, failure); err != nil {
		return nil, err
	}
	return newToken(token), nil
}

// Serialize gives all of it, secrets too, as JSON for ParseToken.
func (token *Token) Serialize() ([]byte, error) {
	var text *C.char
	var failure *C.oauth_error
	var status C.oauth_status
	token.use(func(p unsafe.Pointer) { status = C.oauth_token_to_json((*C.oauth_token)(p), &text, &failure) })
	if err := newError(status, failure); err != nil {
		return nil, err
	}
	return []byte(owned(text)), nil
}

func (token *Token) read(get func(*C.oauth_token) *C.char) (text string) {
	token.use(func(p unsafe.Pointer) { text = C.GoString(get((*C.oauth_token)(p))) })
	return text
}

func (token *Token) seconds(get func(*C.oauth_token) C.int64_t) (seconds C.int64_t) {
	token.use(func(p unsafe.Pointer) { seconds = get((*C.oauth_token)(p)) })
	return seconds
}

// AccessToken is the secret itself.
func (token *Token) AccessToken() string {
	return token.read(func(t *C.oauth_token) *C.char { return C.oauth_token_access_token(t) })
}

// Type is as the server said it, such as "Bearer".
func (token *Token) Type() string {
	return token.read(func(t *C.oauth_token) *C.char { return C.oauth_token_type(t) })
}

// RefreshToken is empty if there is none.
func (token *Token) RefreshToken() string {
	return token.read(func(t *C.oauth_token) *C.char { return C.oauth_token_refresh_token(t) })
}

// Scope has spaces between its parts.
func (token *Token) Scope() string {
	return token.read(func(t *C.oauth_token) *C.char { return C.oauth_token_scope(t) })
}

// IDToken is the signed text; Claims reads it.
func (token *Token) IDToken() string {
	return token.read(func(t *C.oauth_token) *C.char { return C.oauth_token_id_token(t) })
}

// Authorization is the header for one request; empty if the token's type needs more than a header.
func (token *Token) Authorization() string {
	return token.read(func(t *C.oauth_token) *C.char { return C.oauth_token_authorization(t) })
}

// Expiry is zero if the server gave none.
func (token *Token) Expiry() time.Time {
	return moment(token.seconds(func(t *C.oauth_token) C.int64_t { return C.oauth_token_expires_at_s(t) }))
}

// Expired says whether it has expired, or will within the leeway.
func (token *Token) Expired(leeway time.Duration) (expired bool) {
	token.use(func(p unsafe.Pointer) {
		expired = bool(C.oauth_token_expired((*C.oauth_token)(p), C.int64_t(leeway.Seconds())))
	})
	return expired
}

// Response is the HTTP response it came from, or nil.
func (token *Token) Response() (response *Response) {
	token.use(func(p unsafe.Pointer) { response = newResponse(C.oauth_token_response((*C.oauth_token)(p))) })
	return response
}

// Claims reads the claims of the ID token into a struct or a map. Without an ID token they are null.
func (token *Token) Claims(into any) error {
	return unmarshal(token.read(func(t *C.oauth_token) *C.char { return C.oauth_json_raw(C.oauth_token_claims(t), nil) }), into)
}

// Members reads the members of the server's answer that are not OAuth's own.
func (token *Token) Members(into any) error {
	return unmarshal(token.read(func(t *C.oauth_token) *C.char { return C.oauth_json_raw(C.oauth_token_json(t), nil) }), into)
}

func unmarshal(text string, into any) error {
	if text == "" {
		text = "null"
	}
	return json.Unmarshal([]byte(text), into)
}

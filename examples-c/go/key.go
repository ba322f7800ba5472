package oauthclient

// #include "bridge.h"
import "C"

import (
	"unsafe"
)

// Key is a key pair whose private half never shows. Many goroutines may use it.
type Key struct{ *handle }

func newKey(status C.oauth_status, key *C.oauth_key, failure *C.oauth_error) (*Key, error) {
	if err := newError(status, failure); err != nil {
		return nil, err
	}
	return &Key{newHandle(unsafe.Pointer(key), func(p unsafe.Pointer) { C.oauth_key_free((*C.oauth_key)(p)) })}, nil
}

// KeyFromPEM reads a private key; the algorithm may be empty.
func KeyFromPEM(pem []byte, algorithm string) (*Key, error) {
	var given arguments
	defer given.free()
	var key *C.oauth_key
	var failure *C.oauth_error
	text, length := given.bytes(pem)
	status := C.oauth_key_from_pem(text, length, given.text(algorithm), &key, &failure)
	return newKey(status, key, failure)
}

// KeyFromJWK reads a private key.
func KeyFromJWK(jwk string) (*Key, error) {
	var given arguments
	defer given.free()
	var key *C.oauth_key
	var failure *C.oauth_error
	status := C.oauth_key_from_jwk(given.text(jwk), &key, &failure)
	return newKey(status, key, failure)
}

// GenerateKey makes one for ES256, ES384 or EdDSA.
func GenerateKey(algorithm string) (*Key, error) {
	var given arguments
	defer given.free()
	var key *C.oauth_key
	var failure *C.oauth_error
	status := C.oauth_key_generate(given.text(algorithm), &key, &failure)
	return newKey(status, key, failure)
}

// KeyFromSigner is a key that lies elsewhere (an HSM, a TPM, an agent). The function may run on several threads at once,
// and may block.
func KeyFromSigner(publicJWK, algorithm string, sign func(algorithm string, message []byte) ([]byte, error)) (*Key, error) {
	var given arguments
	defer given.free()
	var key *C.oauth_key
	var failure *C.oauth_error
	status := C.gooauth_key_from_signer(given.text(publicJWK), given.text(algorithm), handleOf(sign), &key, &failure)
	return newKey(status, key, failure)
}

func (key *Key) read(get func(*C.oauth_key) *C.char) (text string) {
	key.use(func(p unsafe.Pointer) { text = C.GoString(get((*C.oauth_key)(p))) })
	return text
}

// PublicJWK is for the server, which has to know it.
func (key *Key) PublicJWK() string {
	return key.read(func(k *C.oauth_key) *C.char { return C.oauth_key_public_jwk(k) })
}

// Algorithm is such as "ES256".
func (key *Key) Algorithm() string {
	return key.read(func(k *C.oauth_key) *C.char { return C.oauth_key_algorithm(k) })
}

// Thumbprint is that of RFC 7638.
func (key *Key) Thumbprint() string {
	return key.read(func(k *C.oauth_key) *C.char { return C.oauth_key_thumbprint(k) })
}

// Source gives a credential that comes from outside and changes. Many goroutines may use it.
type Source struct{ *handle }

func newSource(status C.oauth_status, source *C.oauth_source, failure *C.oauth_error) (*Source, error) {
	if err := newError(status, failure); err != nil {
		return nil, err
	}
	return &Source{newHandle(unsafe.Pointer(source), func(p unsafe.Pointer) { C.oauth_source_free((*C.oauth_source)(p)) })}, nil
}

// SourceFromFile reads a file anew each time; jsonPointer may be empty.
func SourceFromFile(path, jsonPointer string) (*Source, error) {
	var given arguments
	defer given.free()
	var source *C.oauth_source
	var failure *C.oauth_error
	status := C.oauth_source_from_file(given.text(path), given.text(jsonPointer), &source, &failure)
	return newSource(status, source, failure)
}

// SourceFromURL fetches a URL anew each time.
func SourceFromURL(url string, header map[string][]string, jsonPointer string) (*Source, error) {
	var given arguments
	defer given.free()
	var source *C.oauth_source
	var failure *C.oauth_error
	status := C.oauth_source_from_url(given.text(url), given.params(header), given.text(jsonPointer), &source, &failure)
	return newSource(status, source, failure)
}

// SourceFromCommand runs a program anew each time; no shell reads the arguments.
func SourceFromCommand(command []string, jsonPointer string) (*Source, error) {
	var given arguments
	defer given.free()
	var source *C.oauth_source
	var failure *C.oauth_error
	// The array lies in C's memory: Go's may hold no pointers for C to keep.
	size := int(unsafe.Sizeof((*C.char)(nil)))
	list, _ := given.bytes(make([]byte, size*len(command)+size))
	for i, argument := range command {
		*(**C.char)(unsafe.Add(unsafe.Pointer(list), i*size)) = given.value(argument)
	}
	status := C.oauth_source_from_command((**C.char)(unsafe.Pointer(list)), C.size_t(len(command)), given.text(jsonPointer), &source, &failure)
	return newSource(status, source, failure)
}

// SourceFromSession gives the token of another session.
func SourceFromSession(session *Session) (*Source, error) {
	var given arguments
	defer given.free()
	var source *C.oauth_source
	var failure *C.oauth_error
	status := C.oauth_source_from_session(session.in(&given), &source, &failure)
	return newSource(status, source, failure)
}

// SourceFromFunc calls a function each time, on several threads at once; it may block.
func SourceFromFunc(read func() (string, error)) (*Source, error) {
	var source *C.oauth_source
	var failure *C.oauth_error
	status := C.gooauth_source_from_callback(handleOf(read), &source, &failure)
	return newSource(status, source, failure)
}

package oauthclient

// #include "bridge.h"
import "C"

import (
	"errors"
	"runtime/cgo"
	"unsafe"
)

// handleOf keeps a Go value for callbacks until the library calls gooauthDestroy, which it does once, whatever happens.
func handleOf(value any) C.uintptr_t { return C.uintptr_t(cgo.NewHandle(value)) }

func valueOf[T any](handle C.uintptr_t) T { return cgo.Handle(handle).Value().(T) }

// guarded turns what a function of the program did into a status: an *Error or a Status stays one, a panic ends here.
func guarded(function func() error) (status C.oauth_status) {
	defer func() {
		if recover() != nil {
			status = C.OAUTH_ERROR_CALLBACK
		}
	}()
	err := function()
	if err == nil {
		return C.OAUTH_OK
	}
	var failure *Error
	var named Status
	if errors.As(err, &failure) {
		return C.oauth_status(failure.Status)
	} else if errors.As(err, &named) {
		return C.oauth_status(named)
	}
	return C.OAUTH_ERROR_CALLBACK
}

//export gooauthDestroy
func gooauthDestroy(handle C.uintptr_t) { cgo.Handle(handle).Delete() }

//export gooauthDone
func gooauthDone(handle C.uintptr_t) { close(valueOf[chan struct{}](handle)) }

//export gooauthLog
func gooauthLog(handle C.uintptr_t, level C.oauth_log_level, message *C.char) {
	guarded(func() error {
		valueOf[func(LogLevel, string)](handle)(LogLevel(level), C.GoString(message))
		return nil
	})
}

//export gooauthOpenURL
func gooauthOpenURL(handle C.uintptr_t, url *C.char) C.oauth_status {
	return guarded(func() error { return valueOf[func(string) error](handle)(C.GoString(url)) })
}

//export gooauthAcquire
func gooauthAcquire(handle C.uintptr_t, key *C.char, before *C.oauth_token, token **C.oauth_token) C.oauth_status {
	return guarded(func() error {
		var kept *Token
		if before != nil {
			kept = newToken(C.oauth_token_ref(before))
		}
		fresh, err := valueOf[func(string, *Token) (*Token, error)](handle)(C.GoString(key), kept)
		if err == nil && fresh != nil {
			fresh.use(func(pointer unsafe.Pointer) { *token = C.oauth_token_ref((*C.oauth_token)(pointer)) })
		}
		return err
	})
}

//export gooauthChange
func gooauthChange(handle C.uintptr_t, key *C.char, token *C.oauth_token) {
	guarded(func() error {
		var fresh *Token
		if token != nil {
			fresh = newToken(C.oauth_token_ref(token))
		}
		valueOf[func(string, *Token)](handle)(C.GoString(key), fresh)
		return nil
	})
}

//export gooauthSign
func gooauthSign(handle C.uintptr_t, algorithm *C.char, message *C.uint8_t, length C.size_t, signature *C.oauth_signature) C.oauth_status {
	return guarded(func() error {
		text := C.GoBytes(unsafe.Pointer(message), C.int(length))
		signed, err := valueOf[func(string, []byte) ([]byte, error)](handle)(C.GoString(algorithm), text)
		if err == nil && len(signed) > 0 {
			C.oauth_signature_set(signature, (*C.uint8_t)(unsafe.Pointer(&signed[0])), C.size_t(len(signed)))
		}
		return err
	})
}

//export gooauthReadSource
func gooauthReadSource(handle C.uintptr_t, value *C.oauth_source_value) C.oauth_status {
	return guarded(func() error {
		text, err := valueOf[func() (string, error)](handle)()
		if err == nil {
			var given arguments
			defer given.free()
			C.oauth_source_value_set(value, given.text(text))
		}
		return err
	})
}

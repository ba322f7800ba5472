package oauthclient

// #include "bridge.h"
// #include <stdlib.h>
import "C"

import (
	"math"
	"net/http"
	"net/url"
	"runtime"
	"sort"
	"strings"
	"sync"
	"time"
	"unsafe"
)

// A handle of the library. Close frees it at once, the garbage collector some time; neither while a call uses it.
type handle struct {
	guard   sync.RWMutex
	pointer unsafe.Pointer
	free    func(unsafe.Pointer)
}

func newHandle(pointer unsafe.Pointer, free func(unsafe.Pointer)) *handle {
	h := &handle{pointer: pointer, free: free}
	runtime.SetFinalizer(h, func(h *handle) { h.free(h.pointer) })
	return h
}

// Close frees it. What was made from it goes on; what is called on it afterwards fails with InvalidArgument, or gives
// nothing. It may be called again, and need not be called: the garbage collector does it, but without haste.
func (h *handle) Close() error {
	h.guard.Lock()
	defer h.guard.Unlock()
	if h.pointer != nil {
		runtime.SetFinalizer(h, nil)
		h.free(h.pointer)
		h.pointer = nil
	}
	return nil
}

// use lends the pointer, which is nil after Close.
func (h *handle) use(borrow func(unsafe.Pointer)) {
	h.guard.RLock()
	defer h.guard.RUnlock()
	borrow(h.pointer)
}

// Arguments of one call: strings in C's memory, wiped when they are freed; and handles that stay open meanwhile.
type arguments struct{ release []func() }

func (a *arguments) free() {
	for i := len(a.release) - 1; i >= 0; i-- {
		a.release[i]()
	}
	a.release = nil
}

func (a *arguments) hold(h *handle) unsafe.Pointer {
	h.guard.RLock()
	a.release = append(a.release, h.guard.RUnlock)
	return h.pointer
}

// The empty string is NULL. C would end a string at its first NUL; the library refuses what stands for it here.
func (a *arguments) text(text string) *C.char {
	if text == "" {
		return nil
	}
	bytes, _ := a.bytes([]byte(strings.ReplaceAll(text, "\x00", "\xff") + "\x00"))
	return (*C.char)(unsafe.Pointer(bytes))
}

func (a *arguments) bytes(bytes []byte) (*C.uint8_t, C.size_t) {
	if len(bytes) == 0 {
		return nil, 0
	}
	memory := C.CBytes(bytes)
	a.release = append(a.release, func() {
		copied := unsafe.Slice((*byte)(memory), len(bytes))
		for i := range copied {
			copied[i] = 0
		}
		C.free(memory)
	})
	return (*C.uint8_t)(memory), C.size_t(len(bytes))
}

// One value replaces what the library would send; several are sent one by one.
func (a *arguments) params(values url.Values) *C.oauth_params {
	if len(values) == 0 {
		return nil
	}
	params := C.oauth_params_new()
	a.release = append(a.release, func() { C.oauth_params_free(params) })
	for _, name := range sorted(values) {
		for _, value := range values[name] {
			// Not a.text: an empty value is a value.
			if key, text := a.text(name), a.value(value); len(values[name]) == 1 {
				C.oauth_params_set(params, key, text)
			} else {
				C.oauth_params_add(params, key, text)
			}
		}
	}
	return params
}

// As text, but the empty string stays one.
func (a *arguments) value(text string) *C.char {
	if text != "" {
		return a.text(text)
	}
	empty, _ := a.bytes([]byte{0})
	return (*C.char)(unsafe.Pointer(empty))
}

func (a *arguments) key(key *Key) *C.oauth_key {
	if key == nil {
		return nil
	}
	return (*C.oauth_key)(a.hold(key.handle))
}

func (a *arguments) source(source *Source) *C.oauth_source {
	if source == nil {
		return nil
	}
	return (*C.oauth_source)(a.hold(source.handle))
}

func (a *arguments) headers(header http.Header, add func(name, value *C.char)) {
	for _, name := range sorted(header) {
		for _, value := range header[name] {
			add(a.text(name), a.value(value))
		}
	}
}

func sorted(values map[string][]string) []string {
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// At least a millisecond, for what has just begun; at most what C can say.
func milliseconds(duration time.Duration) C.uint32_t {
	return C.uint32_t(math.Min(math.Max(1, math.Ceil(float64(duration)/float64(time.Millisecond))), math.MaxUint32))
}

// moment is the zero time for -1.
func moment(seconds C.int64_t) time.Time {
	if seconds < 0 {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0)
}

// owned takes a string of the library, and frees it.
func owned(text *C.char) string {
	defer C.oauth_string_free(text)
	return C.GoString(text)
}

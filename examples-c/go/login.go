package oauthclient

// #include "bridge.h"
import "C"

import (
	"context"
	"time"
	"unsafe"
)

// Listener is where LogIn waits for the redirect, and how it shows the URL; nil: 127.0.0.1, and the user's browser.
type Listener struct {
	Host, Path               string
	Port                     uint16
	SuccessPage, FailurePage string
	ProgramName              string
	NoBrowserCheck           bool // for a URL that is opened on another machine
	// OpenURL is called on a thread of the library. An error ends the log-in.
	OpenURL func(url string) error
}

func (listener *Listener) options(c *call) *C.oauth_listener_options {
	if listener == nil {
		return nil
	}
	options := C.oauth_listener_options_new()
	c.release = append(c.release, func() { C.oauth_listener_options_free(options) })
	if listener.Host != "" {
		C.oauth_listener_options_set_host(options, c.text(listener.Host))
	}
	if listener.Path != "" {
		C.oauth_listener_options_set_path(options, c.text(listener.Path))
	}
	C.oauth_listener_options_set_port(options, C.uint16_t(listener.Port))
	if listener.SuccessPage != "" || listener.FailurePage != "" {
		C.oauth_listener_options_set_pages(options, c.text(listener.SuccessPage), c.text(listener.FailurePage))
	}
	if listener.ProgramName != "" {
		C.oauth_listener_options_set_program_name(options, c.text(listener.ProgramName))
	}
	if listener.NoBrowserCheck {
		C.oauth_listener_options_set_check_browser(options, false)
	}
	if listener.OpenURL != nil {
		C.gooauth_set_open_url(options, handleOf(listener.OpenURL))
	}
	return options
}

// LogIn logs a user in through the browser and a loopback listener (RFC 8252).
func (client *Client) LogIn(ctx context.Context, scope string, listener *Listener, options *Options) (*Token, error) {
	return runToken(ctx, options, func(c *call) C.oauth_status {
		return C.oauth_log_in_start(client.in(&c.arguments), c.text(scope), c.params, listener.options(c), c.options, &c.operation, &c.failure)
	})
}

// Authorization is a log-in that has begun: for a web application. One goroutine at a time.
type Authorization struct{ *handle }

func newAuthorization(authorization *C.oauth_authorization) *Authorization {
	return &Authorization{newHandle(unsafe.Pointer(authorization), func(p unsafe.Pointer) { C.oauth_authorization_free((*C.oauth_authorization)(p)) })}
}

// BeginAuthorization makes the URL for the browser, with PKCE, state and nonce.
func (client *Client) BeginAuthorization(ctx context.Context, redirectURI, scope string, options *Options) (*Authorization, error) {
	var authorization *C.oauth_authorization
	err := run(ctx, options, func(c *call) C.oauth_status {
		return C.oauth_authorization_begin_start(client.in(&c.arguments), c.text(redirectURI), c.text(scope), c.params, c.options, &c.operation, &c.failure)
	}, func(c *call) C.oauth_status {
		return C.oauth_operation_authorization(c.operation, &authorization, &c.failure)
	})
	if err != nil {
		return nil, err
	}
	return newAuthorization(authorization), nil
}

// ResumeAuthorization reads what Authorization.Serialize has made, in any process.
func (client *Client) ResumeAuthorization(text []byte) (*Authorization, error) {
	var given arguments
	defer given.free()
	var authorization *C.oauth_authorization
	var failure *C.oauth_error
	status := C.oauth_authorization_from_json(client.in(&given), given.text(string(text)), &authorization, &failure)
	if err := newError(status, failure); err != nil {
		return nil, err
	}
	return newAuthorization(authorization), nil
}

func (authorization *Authorization) read(get func(*C.oauth_authorization) *C.char) (text string) {
	authorization.use(func(p unsafe.Pointer) { text = C.GoString(get((*C.oauth_authorization)(p))) })
	return text
}

// URL is where the browser goes.
func (authorization *Authorization) URL() string {
	return authorization.read(func(a *C.oauth_authorization) *C.char { return C.oauth_authorization_url(a) })
}

// State tells the log-ins of one program apart.
func (authorization *Authorization) State() string {
	return authorization.read(func(a *C.oauth_authorization) *C.char { return C.oauth_authorization_state(a) })
}

// Serialize holds the code verifier: keep it on the server, never in a cookie.
func (authorization *Authorization) Serialize() ([]byte, error) {
	var text *C.char
	var failure *C.oauth_error
	var status C.oauth_status
	authorization.use(func(p unsafe.Pointer) {
		status = C.oauth_authorization_to_json((*C.oauth_authorization)(p), &text, &failure)
	})
	if err := newError(status, failure); err != nil {
		return nil, err
	}
	return []byte(owned(text)), nil
}

// Finish takes the URL, or its query, that the browser came back with.
func (authorization *Authorization) Finish(ctx context.Context, redirect string, options *Options) (*Token, error) {
	return runToken(ctx, options, func(c *call) C.oauth_status {
		return C.oauth_authorization_finish_start((*C.oauth_authorization)(c.hold(authorization.handle)), c.text(redirect), c.params, c.options, &c.operation, &c.failure)
	})
}

// Device is a log-in of a device without a browser that has begun (RFC 8628). One goroutine at a time.
type Device struct{ *handle }

// BeginDevice gets the code that the user enters elsewhere.
func (client *Client) BeginDevice(ctx context.Context, scope string, options *Options) (*Device, error) {
	var device *C.oauth_device_authorization
	err := run(ctx, options, func(c *call) C.oauth_status {
		return C.oauth_device_authorization_begin_start(client.in(&c.arguments), c.text(scope), c.params, c.options, &c.operation, &c.failure)
	}, func(c *call) C.oauth_status {
		return C.oauth_operation_device_authorization(c.operation, &device, &c.failure)
	})
	if err != nil {
		return nil, err
	}
	return &Device{newHandle(unsafe.Pointer(device), func(p unsafe.Pointer) {
		C.oauth_device_authorization_free((*C.oauth_device_authorization)(p))
	})}, nil
}

func (device *Device) read(get func(*C.oauth_device_authorization) *C.char) (text string) {
	device.use(func(p unsafe.Pointer) { text = C.GoString(get((*C.oauth_device_authorization)(p))) })
	return text
}

// UserCode is what the user enters.
func (device *Device) UserCode() string {
	return device.read(func(d *C.oauth_device_authorization) *C.char { return C.oauth_device_authorization_user_code(d) })
}

// VerificationURI is where the user enters it.
func (device *Device) VerificationURI() string {
	return device.read(func(d *C.oauth_device_authorization) *C.char { return C.oauth_device_authorization_verification_uri(d) })
}

// QR is the URI for a phone, drawn in text.
func (device *Device) QR() string {
	return device.read(func(d *C.oauth_device_authorization) *C.char { return C.oauth_device_authorization_qr_text(d) })
}

// Expiry is when the code ends.
func (device *Device) Expiry() (expiry time.Time) {
	device.use(func(p unsafe.Pointer) {
		expiry = moment(C.oauth_device_authorization_expires_at_s((*C.oauth_device_authorization)(p)))
	})
	return expiry
}

// Wait polls until the user has decided.
func (device *Device) Wait(ctx context.Context, options *Options) (*Token, error) {
	return runToken(ctx, options, func(c *call) C.oauth_status {
		return C.oauth_device_authorization_wait_start((*C.oauth_device_authorization)(c.hold(device.handle)), c.options, &c.operation, &c.failure)
	})
}

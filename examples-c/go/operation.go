package oauthclient

// #include "bridge.h"
import "C"

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Options of one call; nil: the settings of the client.
type Options struct {
	Params        url.Values // more fields of the form, or of the authorization URL
	Header        http.Header
	Timeout       time.Duration // of each exchange; the context bounds the whole call
	Retries       *RetryPolicy
	MinValidity   *time.Duration // how long a session's token must remain valid
	Authorization string         // for Exchange and Refresh: a header in place of the client authentication
}

// A call: its arguments, and what starting it gave.
type call struct {
	arguments
	params    *C.oauth_params
	options   *C.oauth_request_options
	header    *C.char
	operation *C.oauth_operation
	failure   *C.oauth_error
}

func (c *call) read(ctx context.Context, options *Options) {
	c.options = C.oauth_request_options_new()
	c.release = append(c.release, func() { C.oauth_request_options_free(c.options) })
	if deadline, ok := ctx.Deadline(); ok {
		// The context ends it; this is for what the library decides by the time that is left, such as a pause.
		C.oauth_request_options_set_deadline_ms(c.options, milliseconds(time.Until(deadline)+100*time.Millisecond))
	}
	if options == nil {
		return
	}
	c.params = c.arguments.params(options.Params)
	c.header = c.text(options.Authorization)
	c.headers(options.Header, func(name, value *C.char) { C.oauth_request_options_add_header(c.options, name, value) })
	if options.Timeout != 0 {
		C.oauth_request_options_set_timeout_ms(c.options, milliseconds(options.Timeout))
	}
	if retries := options.Retries; retries != nil {
		C.oauth_request_options_set_retry_policy(c.options, C.uint32_t(retries.Max), milliseconds(retries.Backoff), C.bool(retries.Statuses))
	}
	if options.MinValidity != nil {
		C.oauth_request_options_set_min_validity_s(c.options, C.uint32_t(options.MinValidity.Seconds()))
	}
}

// run starts an operation, waits for it as a goroutine does, and gets its result. When the context ends, the operation
// is cancelled, which takes milliseconds; was it faster, its result stands, for a token must not get lost.
func run(ctx context.Context, options *Options, start func(*call) C.oauth_status, result func(*call) C.oauth_status) error {
	if err := ctx.Err(); err != nil {
		return &Error{Status: Cancelled, Message: "the context had ended before the call", cause: err}
	}
	var c call
	c.read(ctx, options)
	status := start(&c)
	c.free()
	if status != C.OAUTH_OK {
		return newError(status, c.failure)
	}
	defer C.oauth_operation_free(c.operation)
	done := make(chan struct{})
	C.gooauth_on_done(c.operation, handleOf(done))
	select {
	case <-done:
	case <-ctx.Done():
		C.oauth_operation_cancel(c.operation)
		<-done
	}
	status = result(&c)
	return endedBy(ctx, newError(status, c.failure))
}

func runToken(ctx context.Context, options *Options, start func(*call) C.oauth_status) (*Token, error) {
	var token *C.oauth_token
	err := run(ctx, options, start, func(c *call) C.oauth_status { return C.oauth_operation_token(c.operation, &token, &c.failure) })
	if err != nil {
		return nil, err
	}
	return newToken(token), nil
}

func runPlain(ctx context.Context, options *Options, start func(*call) C.oauth_status) error {
	return run(ctx, options, start, func(c *call) C.oauth_status { return C.oauth_operation_result(c.operation, &c.failure) })
}

func (client *Client) in(a *arguments) *C.oauth_client {
	return (*C.oauth_client)(a.hold(client.handle))
}
func (session *Session) in(a *arguments) *C.oauth_session {
	return (*C.oauth_session)(a.hold(session.handle))
}
func (token *Token) in(a *arguments) *C.oauth_token { return (*C.oauth_token)(a.hold(token.handle)) }

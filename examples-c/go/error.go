package oauthclient

// #include "bridge.h"
import "C"

import (
	"context"
	"fmt"
	"net/http"
	"time"
	"unsafe"

	"golang.org/x/oauth2"
)

// Status says which kind of failure it was: an error for errors.Is. The numbers are those of oauth.h, which says more of each.
type Status int32

// Statuses.
const (
	InvalidArgument      Status = C.OAUTH_ERROR_INVALID_ARGUMENT
	InvalidConfig        Status = C.OAUTH_ERROR_INVALID_CONFIG
	InvalidState         Status = C.OAUTH_ERROR_INVALID_STATE
	Busy                 Status = C.OAUTH_ERROR_BUSY
	Internal             Status = C.OAUTH_ERROR_INTERNAL
	Callback             Status = C.OAUTH_ERROR_CALLBACK
	Cancelled            Status = C.OAUTH_ERROR_CANCELLED
	Timeout              Status = C.OAUTH_ERROR_TIMEOUT
	Connect              Status = C.OAUTH_ERROR_CONNECT
	TLS                  Status = C.OAUTH_ERROR_TLS
	ConnectionLost       Status = C.OAUTH_ERROR_CONNECTION_LOST
	Redirect             Status = C.OAUTH_ERROR_REDIRECT
	ResponseTooLarge     Status = C.OAUTH_ERROR_RESPONSE_TOO_LARGE
	HTTP                 Status = C.OAUTH_ERROR_HTTP
	InvalidResponse      Status = C.OAUTH_ERROR_INVALID_RESPONSE
	Provider             Status = C.OAUTH_ERROR_PROVIDER
	AuthorizationPending Status = C.OAUTH_ERROR_AUTHORIZATION_PENDING
	Expired              Status = C.OAUTH_ERROR_EXPIRED
	StateMismatch        Status = C.OAUTH_ERROR_STATE_MISMATCH
	IssuerMismatch       Status = C.OAUTH_ERROR_ISSUER_MISMATCH
	IDToken              Status = C.OAUTH_ERROR_ID_TOKEN
	System               Status = C.OAUTH_ERROR_SYSTEM
	LoginRequired        Status = C.OAUTH_ERROR_LOGIN_REQUIRED
	StoreFailed          Status = C.OAUTH_ERROR_STORE
	NotRevoked           Status = C.OAUTH_ERROR_NOT_REVOKED
	SourceFailed         Status = C.OAUTH_ERROR_SOURCE
)

// Error is the name of the C constant.
func (s Status) Error() string { return C.GoString(C.oauth_status_name(C.oauth_status(s))) }

// Advice says what to do next.
type Advice int32

// What an Error advises.
const (
	NoAdvice       Advice = C.OAUTH_ADVICE_NONE
	Retry          Advice = C.OAUTH_ADVICE_RETRY
	RetryLater     Advice = C.OAUTH_ADVICE_RETRY_LATER
	LogInAgain     Advice = C.OAUTH_ADVICE_LOG_IN_AGAIN
	FixRequest     Advice = C.OAUTH_ADVICE_FIX_REQUEST
	FixConfig      Advice = C.OAUTH_ADVICE_FIX_CONFIG
	OutcomeUnknown Advice = C.OAUTH_ADVICE_OUTCOME_UNKNOWN
)

// Error is all that is known about a failed call. errors.As finds it; errors.Is finds its Status, and the context's
// error if that ended the call. errors.As with *oauth2.RetrieveError finds what the server said, too.
type Error struct {
	Status  Status
	Advice  Advice
	Message string // one line without secrets
	// The server's words (RFC 6749 section 5.2), and all members of its answer as JSON.
	ProviderError, ProviderDescription, ProviderURI, ProviderJSON string
	Response                                                      *Response // nil: there was none
	RetryAfter                                                    time.Duration
	RequestSent                                                   bool
	Attempts                                                      int
	Endpoint                                                      string
	cause                                                         error
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %s", e.Status.Error(), e.Message) }

// Is compares with a Status.
func (e *Error) Is(target error) bool {
	status, ok := target.(Status)
	return ok && status == e.Status
}

// Unwrap gives the error of the context, or of a function of the program, that ended the call.
func (e *Error) Unwrap() error { return e.cause }

// As fills in an *oauth2.RetrieveError, if the server gave an answer.
func (e *Error) As(target any) bool {
	retrieve, ok := target.(**oauth2.RetrieveError)
	if !ok || e.Response == nil {
		return false
	}
	*retrieve = &oauth2.RetrieveError{
		Response:  &http.Response{StatusCode: e.Response.Status, Header: e.Response.Header, Body: http.NoBody},
		Body:      e.Response.Body,
		ErrorCode: e.ProviderError, ErrorDescription: e.ProviderDescription, ErrorURI: e.ProviderURI,
	}
	return true
}

// Response is the HTTP response behind a token or an error. It may hold secrets.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

func newResponse(response *C.oauth_response) *Response {
	if response == nil {
		return nil
	}
	header := http.Header{}
	for i := C.size_t(0); i < C.oauth_response_header_count(response); i++ {
		header.Add(C.GoString(C.oauth_response_header_name_at(response, i)), C.GoString(C.oauth_response_header_value_at(response, i)))
	}
	var length C.size_t
	body := C.oauth_response_body(response, &length)
	return &Response{int(C.oauth_response_status(response)), header, C.GoBytes(unsafe.Pointer(body), C.int(length))}
}

// newError takes what a call gave; nil for OAUTH_OK.
func newError(status C.oauth_status, failure *C.oauth_error) error {
	if status == C.OAUTH_OK {
		return nil
	}
	return copied(status, failure)
}

func copied(status C.oauth_status, failure *C.oauth_error) *Error {
	defer C.oauth_error_free(failure)
	e := &Error{
		Status: Status(status), Advice: Advice(C.oauth_error_advice(failure)), Message: C.GoString(C.oauth_error_message(failure)),
		ProviderError:       C.GoString(C.oauth_error_provider_error(failure)),
		ProviderDescription: C.GoString(C.oauth_error_provider_description(failure)),
		ProviderURI:         C.GoString(C.oauth_error_provider_uri(failure)),
		ProviderJSON:        C.GoString(C.oauth_json_raw(C.oauth_error_provider_json(failure), nil)),
		Response:            newResponse(C.oauth_error_response(failure)),
		RequestSent:         bool(C.oauth_error_request_sent(failure)),
		Attempts:            int(C.oauth_error_attempts(failure)),
		Endpoint:            C.GoString(C.oauth_error_endpoint(failure)),
	}
	if seconds := C.oauth_error_retry_after_s(failure); seconds > 0 {
		e.RetryAfter = time.Duration(seconds) * time.Second
	}
	return e
}

// endedBy says that a context ended the call, beside what the library says.
func endedBy(ctx context.Context, err error) error {
	if failure, ok := err.(*Error); ok && ctx.Err() != nil && (failure.Status == Cancelled || failure.Status == Timeout) {
		failure.cause = ctx.Err()
	}
	return err
}

// Version is that of the library that is loaded.
func Version() string { return C.GoString(C.oauth_version()) }

// checkVersion refuses a library that is older than the header that the program was built with.
func checkVersion() error {
	var major, minor, patch int
	if _, err := fmt.Sscanf(Version(), "%d.%d.%d", &major, &minor, &patch); err == nil && major == C.OAUTH_VERSION_MAJOR &&
		(minor > C.OAUTH_VERSION_MINOR || minor == C.OAUTH_VERSION_MINOR && patch >= C.OAUTH_VERSION_PATCH) {
		return nil
	}
	return &Error{Status: InvalidConfig, Message: fmt.Sprintf("liboauthclient is %s on this machine; this program needs %s or newer",
		Version(), C.OAUTH_VERSION_STRING)}
}

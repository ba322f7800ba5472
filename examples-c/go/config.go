// Package oauthclient gets OAuth 2 tokens and keeps them valid: liboauthclient in the habits of Go.
//
// A call takes a context, and costs a goroutine, not a thread, while it waits. oauth.h is the manual of what each does.
package oauthclient

// #cgo pkg-config: oauthclient
// #include "bridge.h"
import "C"

import (
	"net/http"
	"time"
	"unsafe"
)

// Authentication is how the client authenticates to the server.
type Authentication int32

// Ways of client authentication. Automatic takes what the config has means for, and the server accepts.
const (
	Automatic               Authentication = C.OAUTH_CLIENT_AUTHENTICATION_AUTOMATIC
	ClientSecretBasic       Authentication = C.OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_BASIC
	ClientSecretBasicRaw    Authentication = C.OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_BASIC_RAW
	ClientSecretPost        Authentication = C.OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_POST
	NoAuthentication        Authentication = C.OAUTH_CLIENT_AUTHENTICATION_NONE
	PrivateKeyJWT           Authentication = C.OAUTH_CLIENT_AUTHENTICATION_PRIVATE_KEY_JWT
	ClientSecretJWT         Authentication = C.OAUTH_CLIENT_AUTHENTICATION_CLIENT_SECRET_JWT
	TLSClientAuth           Authentication = C.OAUTH_CLIENT_AUTHENTICATION_TLS_CLIENT_AUTH
	SelfSignedTLSClientAuth Authentication = C.OAUTH_CLIENT_AUTHENTICATION_SELF_SIGNED_TLS_CLIENT_AUTH
)

// SecurityProfile refuses what is weaker.
type SecurityProfile int32

// Security profiles.
const (
	FAPI2               SecurityProfile = C.OAUTH_SECURITY_PROFILE_FAPI2
	FAPI2MessageSigning SecurityProfile = C.OAUTH_SECURITY_PROFILE_FAPI2_MESSAGE_SIGNING
)

// LogLevel is how much is logged.
type LogLevel int32

// Log levels.
const (
	LogError LogLevel = C.OAUTH_LOG_ERROR
	LogWarn  LogLevel = C.OAUTH_LOG_WARN
	LogInfo  LogLevel = C.OAUTH_LOG_INFO
	LogDebug LogLevel = C.OAUTH_LOG_DEBUG
)

// Config describes the server and this program. The zero value of a field leaves it to the library; each is described
// in oauth.h under oauth_config_set_ or _add_ and its name.
type Config struct {
	Issuer                             string
	AllowedIssuers                     []string
	TokenEndpoint                      string
	AuthorizationEndpoint              string
	DeviceAuthorizationEndpoint        string
	RevocationEndpoint                 string
	IntrospectionEndpoint              string
	UserinfoEndpoint                   string
	PushedAuthorizationRequestEndpoint string
	JWKSURI                            string

	ClientID, ClientSecret string
	Authentication         Authentication
	Key                    *Key    // client authentication by a key, or signed requests
	KeyFile, KeyAlgorithm  string  // the same, read anew from a file; the algorithm may be empty
	Assertion              *Source // client authentication by an assertion from outside
	AssertionAudience      string
	DPoP                   bool
	DPoPKey                *Key
	SecurityProfile        SecurityProfile
	NoPKCE                 bool
	AuthorizationLifetime  time.Duration
	PushedAuthorization    bool
	SignedRequests         bool
	SignedResponses        bool

	ConnectTimeout, Timeout, IdleTimeout time.Duration
	MaxResponseBytes                     int
	Retries                              *RetryPolicy
	UserAgent                            string
	Header                               http.Header
	Proxy, ProxyUser, ProxyPassword      string
	NoProxy                              bool
	CAFile                               string
	CAPEM                                []byte
	NoSystemCA                           bool
	CertificateFile                      string
	CertificateKey                       *Key
	IgnoreEnvironment                    bool
	AllowHTTP                            bool

	// Log gets lines without secrets, on any thread. It must not block: calls wait for it.
	Log      func(level LogLevel, message string)
	LogLevel LogLevel // LogInfo unless set
}

// RetryPolicy says when a failed attempt is repeated.
type RetryPolicy struct {
	Max      int
	Backoff  time.Duration
	Statuses bool // also after HTTP 429, 502, 503 and 504
}

// Client is a checked Config and its connections. Many goroutines may use it.
type Client struct{ *handle }

// New checks a config. Nothing is sent.
func New(config Config) (*Client, error) {
	if err := checkVersion(); err != nil {
		return nil, err
	}
	var given arguments
	defer given.free()
	settings := C.oauth_config_new()
	defer C.oauth_config_free(settings)
	config.fill(settings, &given)
	var client *C.oauth_client
	var failure *C.oauth_error
	status := C.oauth_client_new(settings, &client, &failure)
	if err := newError(status, failure); err != nil {
		return nil, err
	}
	return &Client{newHandle(unsafe.Pointer(client), func(p unsafe.Pointer) { C.oauth_client_free((*C.oauth_client)(p)) })}, nil
}

func (config *Config) fill(settings *C.oauth_config, given *arguments) {
	text := func(value string, set func(*C.char)) {
		if value != "" {
			set(given.text(value))
		}
	}
	duration := func(value time.Duration, set func(C.uint32_t)) {
		if value != 0 {
			set(milliseconds(value))
		}
	}
	text(config.Issuer, func(v *C.char) { C.oauth_config_set_issuer(settings, v) })
	for _, issuer := range config.AllowedIssuers {
		text(issuer, func(v *C.char) { C.oauth_config_add_allowed_issuer(settings, v) })
	}
	text(config.TokenEndpoint, func(v *C.char) { C.oauth_config_set_token_endpoint(settings, v) })
	text(config.AuthorizationEndpoint, func(v *C.char) { C.oauth_config_set_authorization_endpoint(settings, v) })
	text(config.DeviceAuthorizationEndpoint, func(v *C.char) { C.oauth_config_set_device_authorization_endpoint(settings, v) })
	text(config.RevocationEndpoint, func(v *C.char) { C.oauth_config_set_revocation_endpoint(settings, v) })
	text(config.IntrospectionEndpoint, func(v *C.char) { C.oauth_config_set_introspection_endpoint(settings, v) })
	text(config.UserinfoEndpoint, func(v *C.char) { C.oauth_config_set_userinfo_endpoint(settings, v) })
	text(config.PushedAuthorizationRequestEndpoint, func(v *C.char) { C.oauth_config_set_pushed_authorization_request_endpoint(settings, v) })
	text(config.JWKSURI, func(v *C.char) { C.oauth_config_set_jwks_uri(settings, v) })

	text(config.ClientID, func(v *C.char) { C.oauth_config_set_client(settings, v, given.text(config.ClientSecret)) })
	if config.Authentication != Automatic {
		C.oauth_config_set_client_authentication(settings, C.oauth_client_authentication(config.Authentication))
	}
	if config.Key != nil {
		C.oauth_config_set_client_key(settings, given.key(config.Key))
	}
	text(config.KeyFile, func(v *C.char) { C.oauth_config_set_client_key_file(settings, v, given.text(config.KeyAlgorithm)) })
	if config.Assertion != nil {
		C.oauth_config_set_client_assertion(settings, given.source(config.Assertion))
	}
	text(config.AssertionAudience, func(v *C.char) { C.oauth_config_set_assertion_audience(settings, v) })
	if config.DPoP {
		C.oauth_config_set_dpop(settings, true)
	}
	if config.DPoPKey != nil {
		C.oauth_config_set_dpop_key(settings, given.key(config.DPoPKey))
	}
	if config.SecurityProfile != 0 {
		C.oauth_config_set_security_profile(settings, C.oauth_security_profile(config.SecurityProfile))
	}
	if config.NoPKCE {
		C.oauth_config_set_pkce(settings, false)
	}
	if config.AuthorizationLifetime != 0 {
		C.oauth_config_set_authorization_lifetime_s(settings, (milliseconds(config.AuthorizationLifetime)+999)/1000)
	}
	if config.PushedAuthorization {
		C.oauth_config_set_pushed_authorization(settings, true)
	}
	if config.SignedRequests {
		C.oauth_config_set_signed_requests(settings, true)
	}
	if config.SignedResponses {
		C.oauth_config_set_signed_responses(settings, true)
	}
	config.fillConnections(settings, given, text, duration)
}

func (config *Config) fillConnections(settings *C.oauth_config, given *arguments, text func(string, func(*C.char)), duration func(time.Duration, func(C.uint32_t))) {
	duration(config.ConnectTimeout, func(v C.uint32_t) { C.oauth_config_set_connect_timeout_ms(settings, v) })
	duration(config.Timeout, func(v C.uint32_t) { C.oauth_config_set_timeout_ms(settings, v) })
	duration(config.IdleTimeout, func(v C.uint32_t) { C.oauth_config_set_idle_timeout_ms(settings, v) })
	if config.MaxResponseBytes > 0 {
		C.oauth_config_set_max_response_bytes(settings, C.size_t(config.MaxResponseBytes))
	}
	if retries := config.Retries; retries != nil {
		C.oauth_config_set_retry_policy(settings, C.uint32_t(retries.Max), milliseconds(retries.Backoff), C.bool(retries.Statuses))
	}
	text(config.UserAgent, func(v *C.char) { C.oauth_config_set_user_agent(settings, v) })
	given.headers(config.Header, func(name, value *C.char) { C.oauth_config_add_header(settings, name, value) })
	text(config.Proxy, func(v *C.char) {
		C.oauth_config_set_proxy(settings, v, given.text(config.ProxyUser), given.text(config.ProxyPassword))
	})
	if config.NoProxy {
		C.oauth_config_set_use_proxy(settings, false)
	}
	text(config.CAFile, func(v *C.char) { C.oauth_config_add_ca_file(settings, v) })
	if pem, length := given.bytes(config.CAPEM); length > 0 {
		C.oauth_config_add_ca_pem(settings, pem, length)
	}
	if config.NoSystemCA {
		C.oauth_config_set_use_system_ca(settings, false)
	}
	text(config.CertificateFile, func(v *C.char) {
		C.oauth_config_set_client_certificate(settings, v, given.key(config.CertificateKey))
	})
	if config.IgnoreEnvironment {
		C.oauth_config_set_use_environment(settings, false)
	}
	if config.AllowHTTP {
		C.oauth_config_set_allow_http(settings, true)
	}
	if config.Log != nil {
		level := config.LogLevel
		if level == 0 {
			level = LogInfo
		}
		C.gooauth_set_log(settings, C.oauth_log_level(level), handleOf(config.Log))
	}
}

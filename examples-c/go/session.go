package oauthclient

// #include "bridge.h"
import "C"

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"sync/atomic"
	"time"
	"unsafe"
)

// Store keeps the logins of sessions. Many goroutines may use it.
type Store struct{ *handle }

// StoreOptions say how a store is opened.
type StoreOptions struct {
	EncryptionKey        []byte
	KeyringEncryptionKey string // the service whose item in the key store is the key
	AllowUnprotected     bool
	RedisPrefix          string
	RedisCluster         bool
	RedisSentinelMaster  string
	RedisPassword        *Source
	RedisCAFile          string
}

func openStore(options *StoreOptions, open func(*arguments, *C.oauth_store_options, **C.oauth_store, **C.oauth_error) C.oauth_status) (*Store, error) {
	var given arguments
	defer given.free()
	settings := C.oauth_store_options_new()
	defer C.oauth_store_options_free(settings)
	if options != nil {
		options.fill(settings, &given)
	}
	var store *C.oauth_store
	var failure *C.oauth_error
	status := open(&given, settings, &store, &failure)
	if err := newError(status, failure); err != nil {
		return nil, err
	}
	return &Store{newHandle(unsafe.Pointer(store), func(p unsafe.Pointer) { C.oauth_store_free((*C.oauth_store)(p)) })}, nil
}

func (options *StoreOptions) fill(settings *C.oauth_store_options, given *arguments) {
	if key, length := given.bytes(options.EncryptionKey); length > 0 {
		C.oauth_store_options_set_encryption_key(settings, key, length)
	}
	if options.KeyringEncryptionKey != "" {
		C.oauth_store_options_set_keyring_encryption_key(settings, given.text(options.KeyringEncryptionKey))
	}
	C.oauth_store_options_set_allow_unprotected(settings, C.bool(options.AllowUnprotected))
	if options.RedisPrefix != "" {
		C.oauth_store_options_set_redis_prefix(settings, given.text(options.RedisPrefix))
	}
	C.oauth_store_options_set_redis_cluster(settings, C.bool(options.RedisCluster))
	if options.RedisSentinelMaster != "" {
		C.oauth_store_options_set_redis_sentinel(settings, given.text(options.RedisSentinelMaster), nil, nil)
	}
	if options.RedisPassword != nil {
		C.oauth_store_options_set_redis_password(settings, given.source(options.RedisPassword))
	}
	if options.RedisCAFile != "" {
		C.oauth_store_options_add_redis_ca_file(settings, given.text(options.RedisCAFile))
	}
}

// OpenMemory keeps logins for this process.
func OpenMemory() (*Store, error) {
	return openStore(nil, func(_ *arguments, _ *C.oauth_store_options, store **C.oauth_store, failure **C.oauth_error) C.oauth_status {
		return C.oauth_store_open_memory(store, failure)
	})
}

// OpenDirectory keeps logins for the processes of a user; "" is the user's own directory.
func OpenDirectory(path string, options *StoreOptions) (*Store, error) {
	return openStore(options, func(given *arguments, settings *C.oauth_store_options, store **C.oauth_store, failure **C.oauth_error) C.oauth_status {
		return C.oauth_store_open_directory(given.text(path), settings, store, failure)
	})
}

// OpenRedis keeps logins for many machines. The library must have been built with Redis.
func OpenRedis(url string, options *StoreOptions) (*Store, error) {
	return openStore(options, func(given *arguments, settings *C.oauth_store_options, store **C.oauth_store, failure **C.oauth_error) C.oauth_status {
		return C.oauth_store_open_redis(given.text(url), settings, store, failure)
	})
}

// OpenKeyring keeps logins in the operating system's key store. The library must have been built with it.
func OpenKeyring(service string, options *StoreOptions) (*Store, error) {
	return openStore(options, func(given *arguments, settings *C.oauth_store_options, store **C.oauth_store, failure **C.oauth_error) C.oauth_status {
		return C.oauth_store_open_keyring(given.text(service), settings, store, failure)
	})
}

// Keys reads which logins the store keeps into a slice of structs or maps.
func (store *Store) Keys(into any) error {
	var keys *C.oauth_json
	var failure *C.oauth_error
	var status C.oauth_status
	store.use(func(p unsafe.Pointer) { status = C.oauth_store_keys((*C.oauth_store)(p), &keys, &failure) })
	defer C.oauth_json_free(keys)
	if err := newError(status, failure); err != nil {
		return err
	}
	return json.Unmarshal([]byte(C.GoString(C.oauth_json_raw(keys, nil))), into)
}

// SessionOptions say how a session gets its next token; nil: with its refresh token.
type SessionOptions struct {
	Scope             string
	Params            url.Values
	ClientCredentials bool
	JWTBearer         *Source // an assertion for each new token
	Token             *Source // the token itself
	SubjectToken      *Source // to exchange
	SubjectTokenType  string
	ActorToken        *Source
	ActorTokenType    string
	// Acquire gets a token in the program's own way, if there is no refresh token. before is nil at first.
	Acquire func(key string, before *Token) (*Token, error)
	// Change is told each new token, and nil when the login has ended.
	//
	// Both run on threads of the library, and hold up the calls of the client: they must not wait for this session.
	Change func(key string, token *Token)
}

func (options *SessionOptions) fill(settings *C.oauth_session_options, given *arguments, failed *atomic.Pointer[error]) {
	if options.Scope != "" {
		C.oauth_session_options_set_scope(settings, given.text(options.Scope))
	}
	if params := given.params(options.Params); params != nil {
		C.oauth_session_options_set_field_parameters(settings, params)
	}
	C.oauth_session_options_set_client_credentials(settings, C.bool(options.ClientCredentials))
	if options.JWTBearer != nil {
		C.oauth_session_options_set_jwt_bearer(settings, given.source(options.JWTBearer))
	}
	if options.Token != nil {
		C.oauth_session_options_set_source(settings, given.source(options.Token))
	}
	if options.SubjectToken != nil {
		C.oauth_session_options_set_token_exchange(settings, given.source(options.SubjectToken), given.text(options.SubjectTokenType))
	}
	if options.ActorToken != nil {
		C.oauth_session_options_set_actor_token(settings, given.source(options.ActorToken), given.text(options.ActorTokenType))
	}
	if acquire := options.Acquire; acquire != nil {
		C.gooauth_set_acquire(settings, handleOf(func(key string, before *Token) (*Token, error) {
			token, err := acquire(key, before)
			failed.Store(&err)
			return token, err
		}))
	}
	if options.Change != nil {
		C.gooauth_set_change(settings, handleOf(options.Change))
	}
}

// Session is a login that stays valid. Many goroutines may use it: however many wait, there is one renewal.
type Session struct {
	*handle
	replacing chan struct{}          // holds one while a goroutine is in oauth_session_replace
	failed    *atomic.Pointer[error] // what Acquire returned last
}

func newSession(status C.oauth_status, session *C.oauth_session, failure *C.oauth_error, failed *atomic.Pointer[error]) (*Session, error) {
	if err := newError(status, failure); err != nil {
		return nil, err
	}
	free := func(p unsafe.Pointer) { C.oauth_session_free((*C.oauth_session)(p)) }
	return &Session{newHandle(unsafe.Pointer(session), free), make(chan struct{}, 1), failed}, nil
}

// Session opens one; a nil store is one in memory. Nothing is read or sent.
func (client *Client) Session(store *Store, key string, options *SessionOptions) (*Session, error) {
	var given arguments
	defer given.free()
	failed := new(atomic.Pointer[error])
	settings := C.oauth_session_options_new()
	defer C.oauth_session_options_free(settings)
	if options != nil {
		options.fill(settings, &given, failed)
	}
	var kept *C.oauth_store
	if store != nil {
		kept = (*C.oauth_store)(given.hold(store.handle))
	}
	var session *C.oauth_session
	var failure *C.oauth_error
	status := C.oauth_session_open(client.in(&given), kept, given.text(key), settings, &session, &failure)
	return newSession(status, session, failure, failed)
}

// OpenProfile opens the session that a profile of the user describes.
func OpenProfile(name string) (*Session, error) {
	if err := checkVersion(); err != nil {
		return nil, err
	}
	var given arguments
	defer given.free()
	var session *C.oauth_session
	var failure *C.oauth_error
	status := C.oauth_profile_open(given.text(name), &session, &failure)
	return newSession(status, session, failure, new(atomic.Pointer[error]))
}

// Token gives a valid token: at once while there is one, else after a renewal.
func (session *Session) Token(ctx context.Context, options *Options) (*Token, error) {
	if options == nil {
		var token *C.oauth_token
		session.use(func(p unsafe.Pointer) { token = C.oauth_session_peek((*C.oauth_session)(p)) })
		if token != nil {
			return newToken(token), nil
		}
	}
	token, err := runToken(ctx, options, func(c *call) C.oauth_status {
		return C.oauth_session_token_start(session.in(&c.arguments), c.options, &c.operation, &c.failure)
	})
	if last := session.failed.Load(); errors.Is(err, Callback) && last != nil {
		err.(*Error).cause = *last
	}
	return token, err
}

// Adopt puts the token of a log-in into the session and its store.
func (session *Session) Adopt(ctx context.Context, token *Token, options *Options) error {
	return runPlain(ctx, options, func(c *call) C.oauth_status {
		return C.oauth_session_adopt_start(session.in(&c.arguments), token.in(&c.arguments), c.options, &c.operation, &c.failure)
	})
}

// AdoptRefreshToken takes over a login of another program, which may not use it any more.
func (session *Session) AdoptRefreshToken(ctx context.Context, refreshToken string, options *Options) error {
	return runPlain(ctx, options, func(c *call) C.oauth_status {
		return C.oauth_session_adopt_refresh_token_start(session.in(&c.arguments), c.text(refreshToken), c.options, &c.operation, &c.failure)
	})
}

// Invalidate says that a resource has refused this token: the next call renews.
func (session *Session) Invalidate(ctx context.Context, token *Token, options *Options) error {
	return runPlain(ctx, options, func(c *call) C.oauth_status {
		return C.oauth_session_invalidate_start(session.in(&c.arguments), token.in(&c.arguments), c.options, &c.operation, &c.failure)
	})
}

// Finish waits until no renewal is under way: before a program ends.
func (session *Session) Finish(ctx context.Context, options *Options) error {
	return runPlain(ctx, options, func(c *call) C.oauth_status {
		return C.oauth_session_finish_start(session.in(&c.arguments), c.options, &c.operation, &c.failure)
	})
}

// Forget ends the login: deletes it, and revokes it if wanted.
func (session *Session) Forget(ctx context.Context, revoke bool, options *Options) error {
	return runPlain(ctx, options, func(c *call) C.oauth_status {
		return C.oauth_session_forget_start(session.in(&c.arguments), C.bool(revoke), c.options, &c.operation, &c.failure)
	})
}

// LastError is why the last renewal failed, or its token was not saved; nil if neither.
func (session *Session) LastError() error {
	var failure *C.oauth_error
	session.use(func(p unsafe.Pointer) { failure = C.oauth_session_last_error((*C.oauth_session)(p)) })
	return newError(C.oauth_error_status(failure), failure)
}

// SessionState is what a session knows of its login.
type SessionState struct {
	Issuer                           string
	Expiry, LoginExpiry, NextRenewal time.Time // zero: unknown
	Saved                            bool
}

// State reads and sends nothing.
func (session *Session) State() (state SessionState) {
	session.use(func(p unsafe.Pointer) {
		s := (*C.oauth_session)(p)
		state = SessionState{C.GoString(C.oauth_session_issuer(s)), moment(C.oauth_session_expires_at_s(s)),
			moment(C.oauth_session_login_expires_at_s(s)), moment(C.oauth_session_next_renewal_at_s(s)), bool(C.oauth_session_saved(s))}
	})
	return state
}

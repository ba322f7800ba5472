package oauthclient

// #include "bridge.h"
import "C"

import (
	"context"
)

// Exchange gets a token for an authorization code (RFC 6749 section 4.1.3); Options.Params has the code_verifier.
// Authorization.Finish checks more.
func (client *Client) Exchange(ctx context.Context, code, redirectURI string, options *Options) (*Token, error) {
	return runToken(ctx, options, func(c *call) C.oauth_status {
		return C.oauth_request_token_start(client.in(&c.arguments), c.header, c.text(code), c.text(redirectURI), c.params, c.options, &c.operation, &c.failure)
	})
}

// Refresh gets a token for a refresh token. A Session does it by itself, once for all.
func (client *Client) Refresh(ctx context.Context, refreshToken, scope string, options *Options) (*Token, error) {
	return runToken(ctx, options, func(c *call) C.oauth_status {
		return C.oauth_refresh_token_start(client.in(&c.arguments), c.header, c.text(refreshToken), c.text(scope), c.params, c.options, &c.operation, &c.failure)
	})
}

// Renew is Refresh for a whole token: what the server does not repeat is carried over.
func (client *Client) Renew(ctx context.Context, before *Token, scope string, options *Options) (*Token, error) {
	return runToken(ctx, options, func(c *call) C.oauth_status {
		return C.oauth_renew_token_start(client.in(&c.arguments), before.in(&c.arguments), c.text(scope), c.params, c.options, &c.operation, &c.failure)
	})
}

// ClientCredentials gets a token for the client itself.
func (client *Client) ClientCredentials(ctx context.Context, scope string, options *Options) (*Token, error) {
	return runToken(ctx, options, func(c *call) C.oauth_status {
		return C.oauth_request_client_credentials_start(client.in(&c.arguments), c.text(scope), c.params, c.options, &c.operation, &c.failure)
	})
}

// Grant uses any other grant (token exchange, JWT bearer ...); Options.Params has its fields.
func (client *Client) Grant(ctx context.Context, grantType string, options *Options) (*Token, error) {
	return runToken(ctx, options, func(c *call) C.oauth_status {
		return C.oauth_request_grant_start(client.in(&c.arguments), c.text(grantType), c.params, c.options, &c.operation, &c.failure)
	})
}

// Revoke ends a token at the server; the hint is "refresh_token", "access_token" or empty.
func (client *Client) Revoke(ctx context.Context, token, hint string, options *Options) error {
	return runPlain(ctx, options, func(c *call) C.oauth_status {
		return C.oauth_revoke_start(client.in(&c.arguments), c.text(token), c.text(hint), c.options, &c.operation, &c.failure)
	})
}

// Metadata reads the server's metadata (RFC 8414) into a struct or a map.
func (client *Client) Metadata(ctx context.Context, into any, options *Options) error {
	var text string
	err := run(ctx, options, func(c *call) C.oauth_status {
		return C.oauth_request_metadata_start(client.in(&c.arguments), c.options, &c.operation, &c.failure)
	}, func(c *call) C.oauth_status {
		var metadata *C.oauth_metadata
		status := C.oauth_operation_metadata(c.operation, &metadata, &c.failure)
		defer C.oauth_metadata_free(metadata)
		text = C.GoString(C.oauth_json_raw(C.oauth_metadata_json(metadata), nil))
		return status
	})
	if err != nil {
		return err
	}
	return unmarshal(text, into)
}

// Userinfo reads the claims about the user of a token into a struct or a map.
func (client *Client) Userinfo(ctx context.Context, token *Token, into any, options *Options) error {
	var text string
	err := run(ctx, options, func(c *call) C.oauth_status {
		return C.oauth_request_userinfo_start(client.in(&c.arguments), token.in(&c.arguments), c.options, &c.operation, &c.failure)
	}, func(c *call) C.oauth_status {
		var userinfo *C.oauth_userinfo
		status := C.oauth_operation_userinfo(c.operation, &userinfo, &c.failure)
		defer C.oauth_userinfo_free(userinfo)
		text = C.GoString(C.oauth_json_raw(C.oauth_userinfo_json(userinfo), nil))
		return status
	})
	if err != nil {
		return err
	}
	return unmarshal(text, into)
}

// Proof has the headers of one request to a resource; DPoP is empty for a bearer token.
type Proof struct{ Authorization, DPoP string }

func newProof(proof *C.oauth_proof) Proof {
	defer C.oauth_proof_free(proof)
	return Proof{C.GoString(C.oauth_proof_authorization(proof)), C.GoString(C.oauth_proof_dpop(proof))}
}

// Proof makes the headers of one request with a token. Transport does it for a Session.
func (client *Client) Proof(token *Token, method, url string) (Proof, error) {
	var given arguments
	defer given.free()
	var proof *C.oauth_proof
	var failure *C.oauth_error
	status := C.oauth_proof_new(client.in(&given), token.in(&given), given.text(method), given.text(url), &proof, &failure)
	return newProof(proof), newError(status, failure)
}

// ProofAnswered takes the nonce of a resource's answer; true: send the request once more, with a new Proof.
func (client *Client) ProofAnswered(url string, status int, wwwAuthenticate, nonce string) bool {
	var given arguments
	defer given.free()
	return bool(C.oauth_proof_answer(client.in(&given), given.text(url), C.int32_t(status), given.text(wwwAuthenticate), given.text(nonce)))
}

package oauthclient

// #include "bridge.h"
import "C"

import (
	"context"
	"io"
	"net/http"
	"strings"

	"golang.org/x/oauth2"
)

// Transport sends each request with a valid token of the session: as a bearer, or with a DPoP proof for this request
// alone. Where the resource refuses the token, or wants a nonce in the proof, it sends the request once more, if the
// body can be had again (http.Request.GetBody). A redirect to another origin is followed without the token.
type Transport struct {
	Session *Session
	Base    http.RoundTripper // nil: http.DefaultTransport
}

// HTTPClient is a client over a Transport.
func (session *Session) HTTPClient() *http.Client {
	return &http.Client{Transport: &Transport{Session: session}}
}

// RoundTrip sends the request; without a token it gives the *Error of Session.Token.
func (transport *Transport) RoundTrip(request *http.Request) (*http.Response, error) {
	if !sameOrigin(request) {
		return transport.base().RoundTrip(request)
	}
	session, again := transport.Session, request.Body == nil || request.Body == http.NoBody || request.GetBody != nil
	token, err := session.Token(request.Context(), nil)
	nonceAsked := false
	for first := true; ; first = false {
		var proof Proof
		if err == nil {
			proof, err = session.Proof(request.Context(), request.Method, request.URL.String())
		}
		if err != nil {
			if first && request.Body != nil {
				request.Body.Close()
			}
			return nil, err
		}
		response, err := transport.send(request, proof, first)
		if err != nil {
			return nil, err
		}
		nonce := session.ProofAnswered(request.URL.String(), response) && !nonceAsked
		nonceAsked = nonceAsked || nonce
		replaced := false
		if !nonce {
			token, replaced = session.Replace(request.Context(), token, response)
		}
		if !again || !nonce && !replaced {
			return response, nil
		}
		io.Copy(io.Discard, io.LimitReader(response.Body, 1<<16)) // so that the connection can be used again
		response.Body.Close()
	}
}

func (transport *Transport) send(request *http.Request, proof Proof, first bool) (*http.Response, error) {
	sent := request.Clone(request.Context())
	if !first && request.GetBody != nil {
		body, err := request.GetBody()
		if err != nil {
			return nil, err
		}
		sent.Body = body
	}
	sent.Header.Set("Authorization", proof.Authorization)
	if proof.DPoP != "" {
		sent.Header.Set("DPoP", proof.DPoP)
	}
	return transport.base().RoundTrip(sent)
}

func (transport *Transport) base() http.RoundTripper {
	if transport.Base != nil {
		return transport.Base
	}
	return http.DefaultTransport
}

// sameOrigin says whether a request goes where the program has sent the first one, and not where a redirect leads.
func sameOrigin(request *http.Request) bool {
	first := request
	for first.Response != nil && first.Response.Request != nil {
		first = first.Response.Request
	}
	return first.URL.Scheme == request.URL.Scheme && first.URL.Host == request.URL.Host
}

// Proof makes the headers of one request to a resource.
func (session *Session) Proof(ctx context.Context, method, url string) (Proof, error) {
	if _, err := session.Token(ctx, nil); err != nil { // waits as a goroutine, so that the call below finds a valid one
		return Proof{}, err
	}
	var c call
	defer c.free()
	c.read(ctx, nil)
	var proof *C.oauth_proof
	status := C.oauth_session_proof(session.in(&c.arguments), c.text(method), c.text(url), c.options, &proof, &c.failure)
	return newProof(proof), endedBy(ctx, newError(status, c.failure))
}

// ProofAnswered takes the nonce of a resource's answer; true: send the request once more, with a new Proof.
func (session *Session) ProofAnswered(url string, response *http.Response) bool {
	var given arguments
	defer given.free()
	return bool(C.oauth_session_proof_answer(session.in(&given), given.text(url), C.int32_t(response.StatusCode),
		given.text(challenges(response)), given.text(response.Header.Get("DPoP-Nonce"))))
}

// Replace gives another token if this one was the reason why a resource refused; true: send the request once more.
// One goroutine of a session renews so at a time, which takes a thread; the others wait.
func (session *Session) Replace(ctx context.Context, token *Token, response *http.Response) (*Token, bool) {
	select {
	case session.replacing <- struct{}{}:
		defer func() { <-session.replacing }()
	case <-ctx.Done():
		return token, false
	}
	var c call
	defer c.free()
	c.read(ctx, nil)
	stop := C.oauth_cancel_new()
	C.oauth_request_options_set_cancel(c.options, stop)
	returned, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		select {
		case <-ctx.Done():
			C.oauth_cancel_trigger(stop)
		case <-returned:
		}
	}()
	defer func() { close(returned); <-watched; C.oauth_cancel_free(stop) }()
	held := C.oauth_token_ref(token.in(&c.arguments))
	again := C.oauth_session_replace(session.in(&c.arguments), &held, C.int32_t(response.StatusCode), c.text(challenges(response)), c.options, nil)
	if !again {
		C.oauth_token_free(held)
		return token, false
	}
	return newToken(held), true
}

func challenges(response *http.Response) string {
	return strings.Join(response.Header.Values("WWW-Authenticate"), ", ")
}

// TokenSource gives the session's tokens to code that is written for golang.org/x/oauth2. The refresh token stays in
// the session. For tokens of type DPoP, use HTTPClient.
func (session *Session) TokenSource(ctx context.Context) oauth2.TokenSource {
	return tokenSource{ctx, session}
}

type tokenSource struct {
	ctx     context.Context
	session *Session
}

func (source tokenSource) Token() (*oauth2.Token, error) {
	token, err := source.session.Token(source.ctx, nil)
	if err != nil {
		return nil, err
	}
	plain := &oauth2.Token{AccessToken: token.AccessToken(), TokenType: token.Type(), Expiry: token.Expiry()}
	members := map[string]any{}
	if err := token.Members(&members); err != nil {
		return nil, err
	}
	members["scope"], members["id_token"] = token.Scope(), token.IDToken()
	return plain.WithExtra(members), nil
}

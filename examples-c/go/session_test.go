package oauthclient

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/oauth2"
)

var machine = SessionOptions{ClientCredentials: true}

func TestSessionRenewsOnceForAll(t *testing.T) {
	server := startTokenServer(t, nil)
	changes := make(chan string, 10)
	session := server.session(t, SessionOptions{ClientCredentials: true, Change: func(key string, token *Token) { changes <- key + token.AccessToken() }})
	var group sync.WaitGroup
	for i := 0; i < 100; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			if token, err := session.Token(context.Background(), nil); err != nil || token.AccessToken() != "token-1" {
				t.Error(token, err)
			}
		}()
	}
	group.Wait()
	if server.count() != 1 || <-changes != t.Name()+"token-1" || !session.State().Saved || session.LastError() != nil {
		t.Error(server.count(), session.State(), session.LastError())
	}
	if err := session.Forget(context.Background(), false, nil); err != nil {
		t.Error(err)
	}
}

func TestAcquireMayFailOrPanic(t *testing.T) {
	server := startTokenServer(t, nil)
	for name, test := range map[string]struct {
		err    error
		status Status
	}{"an error": {io.EOF, Callback}, "a status": {LoginRequired, LoginRequired}, "a panic": {nil, Callback}} {
		test := test
		session := server.session(t, SessionOptions{Acquire: func(key string, before *Token) (*Token, error) {
			if test.err == nil {
				panic("out of order")
			}
			return nil, test.err
		}})
		if _, err := session.Token(context.Background(), nil); !errors.Is(err, test.status) || test.err != nil && !errors.Is(err, test.err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	session := server.session(t, SessionOptions{Acquire: func(key string, before *Token) (*Token, error) { return NewToken("mine", "", "", "", moment(4e9)) }})
	if token := must(session.Token(context.Background(), nil))(t); token.AccessToken() != "mine" {
		t.Error(token.AccessToken())
	}
}

func TestHTTPClientReplacesARefusedToken(t *testing.T) {
	server := startTokenServer(t, nil)
	var seen []string
	resource := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		seen = append(seen, r.Header.Get("Authorization")+" "+string(body))
		if r.Header.Get("Authorization") != "Bearer token-2" {
			w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
			w.WriteHeader(401)
		}
	}))
	defer resource.Close()
	client := server.session(t, machine).HTTPClient()
	for i := 0; i < 2; i++ {
		response := must(client.Post(resource.URL, "text/plain", strings.NewReader("hello")))(t)
		if response.Body.Close(); response.StatusCode != 200 || response.Request.Header.Get("Authorization") != "Bearer token-2" {
			t.Error(response.StatusCode)
		}
	}
	if got := strings.Join(seen, ","); got != "Bearer token-1 hello,Bearer token-2 hello,Bearer token-2 hello" || server.count() != 2 {
		t.Error(got)
	}
}

func TestHTTPClientGivesUp(t *testing.T) {
	server := startTokenServer(t, nil)
	var requests int32
	resource := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		atomic.AddInt32(&requests, 1)
		w.WriteHeader(401)
	}))
	defer resource.Close()
	client := server.session(t, machine).HTTPClient()
	for i := 0; i < 5; i++ {
		response := must(client.Get(resource.URL))(t)
		if response.Body.Close(); response.StatusCode != 401 {
			t.Error(response.StatusCode)
		}
	}
	if server.count() != 2 || requests != 6 {
		t.Errorf("a resource that refuses everything: %d tokens, %d requests", server.count(), requests)
	}
	server.Close()
	broken := server.session(t, machine).HTTPClient()
	var failure *Error
	if _, err := broken.Get(resource.URL); !errors.As(err, &failure) || !errors.Is(err, Connect) {
		t.Error(err)
	}
}

func TestARedirectElsewhereGetsNoToken(t *testing.T) {
	server := startTokenServer(t, nil)
	show := func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "<%s>", r.Header.Get("Authorization")) }
	elsewhere := httptest.NewServer(http.HandlerFunc(show))
	defer elsewhere.Close()
	resource := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/here":
			http.Redirect(w, r, "/there", http.StatusFound)
		case "/away":
			http.Redirect(w, r, elsewhere.URL, http.StatusFound)
		default:
			show(w, r)
		}
	}))
	defer resource.Close()
	client := server.session(t, machine).HTTPClient()
	for path, want := range map[string]string{"/here": "<Bearer token-1>", "/away": "<>"} {
		response := must(client.Get(resource.URL + path))(t)
		if body, _ := io.ReadAll(response.Body); string(body) != want {
			t.Errorf("%s: %s", path, body)
		}
		response.Body.Close()
	}
}

func TestDPoPProofsWithANonce(t *testing.T) {
	server := startTokenServer(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"access_token":"bound","token_type":"DPoP","expires_in":3600}`)
	})
	resource := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var proof struct{ Htm, Htu, Nonce string }
		parts := strings.Split(r.Header.Get("DPoP"), ".")
		payload, _ := base64.RawURLEncoding.DecodeString(parts[len(parts)/2])
		if json.Unmarshal(payload, &proof); proof.Nonce != "fresh" {
			w.Header().Set("DPoP-Nonce", "fresh")
			w.Header().Set("WWW-Authenticate", `DPoP error="use_dpop_nonce"`)
			w.WriteHeader(401)
			return
		}
		fmt.Fprintf(w, "%s %s %s", r.Header.Get("Authorization"), proof.Htm, proof.Htu)
	}))
	defer resource.Close()
	session := server.session(t, machine, func(c *Config) { c.DPoP, c.DPoPKey = true, must(GenerateKey("ES256"))(t) })
	response := must(session.HTTPClient().Get(resource.URL + "/me?x=1"))(t)
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	if string(body) != "DPoP bound GET "+resource.URL+"/me" || server.count() != 1 {
		t.Errorf("%d %s", response.StatusCode, body)
	}
}

func TestTokenSourceOfXOAuth2(t *testing.T) {
	server := startTokenServer(t, nil)
	source := server.session(t, machine).TokenSource(context.Background())
	token := must(source.Token())(t)
	if token.AccessToken != "token-1" || !token.Valid() || token.RefreshToken != "" || token.Extra("tenant") != "north" {
		t.Errorf("%+v", token)
	}
	resource := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Header.Get("Authorization")) }))
	defer resource.Close()
	response := must(oauth2.NewClient(context.Background(), source).Get(resource.URL))(t)
	defer response.Body.Close()
	if body, _ := io.ReadAll(response.Body); string(body) != "Bearer token-1" {
		t.Errorf("%s", body)
	}
}

func TestSignerInGo(t *testing.T) {
	private := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	part := func(number *big.Int) string {
		return base64.RawURLEncoding.EncodeToString(number.FillBytes(make([]byte, 32)))
	}
	jwk := fmt.Sprintf(`{"kty":"EC","crv":"P-256","x":"%s","y":"%s"}`, part(private.X), part(private.Y))
	key := must(KeyFromSigner(jwk, "ES256", func(algorithm string, message []byte) ([]byte, error) {
		hash := sha256.Sum256(message)
		r, s, err := ecdsa.Sign(rand.Reader, private, hash[:])
		return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...), err
	}))(t)
	server := startTokenServer(t, func(w http.ResponseWriter, r *http.Request) {
		text := r.FormValue("client_assertion")
		dot := strings.LastIndex(text, ".")
		signature, _ := base64.RawURLEncoding.DecodeString(text[dot+1:])
		hash := sha256.Sum256([]byte(text[:dot]))
		if !ecdsa.Verify(&private.PublicKey, hash[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
			refuse(w, 401, `{"error":"invalid_client"}`)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"access_token":"signed","token_type":"Bearer"}`)
	})
	client := server.client(t, func(c *Config) {
		c.ClientSecret, c.Key, c.Authentication, c.AssertionAudience = "", key, PrivateKeyJWT, server.URL
	})
	key.Close() // the client keeps it
	if token := must(client.ClientCredentials(context.Background(), "", nil))(t); token.AccessToken() != "signed" {
		t.Error(token.AccessToken())
	}
}

// A client of the demo's server, which `cargo test --test go` starts.
func demo(t *testing.T) *Client {
	if os.Getenv("OAUTH_ISSUER") == "" {
		t.Skip("OAUTH_ISSUER is not set: cargo test --test go brings a server")
	}
	return must(New(Config{Issuer: os.Getenv("OAUTH_ISSUER"), ClientID: os.Getenv("OAUTH_CLIENT_ID"), ClientSecret: os.Getenv("OAUTH_CLIENT_SECRET")}))(t)
}

func TestLogInStepByStep(t *testing.T) {
	client, ctx, redirectURI := demo(t), context.Background(), os.Getenv("OAUTH_REDIRECT_URI")
	begun := must(client.BeginAuthorization(ctx, redirectURI, "", nil))(t)
	resumed := must(client.ResumeAuthorization(must(begun.Serialize())(t)))(t)
	user := http.Client{CheckRedirect: func(request *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(request.URL.String(), redirectURI) {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	response := must(user.Get(resumed.URL()))(t)
	response.Body.Close()
	if _, err := resumed.Finish(ctx, redirectURI+"?code=foreign&state=foreign", nil); !errors.Is(err, StateMismatch) {
		t.Error(err)
	}
	if token := must(resumed.Finish(ctx, response.Header.Get("Location"), nil))(t); token.AccessToken() == "" {
		t.Error("no token")
	}
}

func TestDeviceLogsIn(t *testing.T) {
	client, ctx := demo(t), context.Background()
	device := must(client.BeginDevice(ctx, "", nil))(t)
	if device.UserCode() == "" || device.VerificationURI() == "" || device.QR() == "" || device.Expiry().IsZero() {
		t.Error(device.UserCode(), device.VerificationURI(), device.Expiry())
	}
	if token := must(device.Wait(ctx, nil))(t); token.AccessToken() == "" {
		t.Error("no token")
	}
	var metadata struct {
		Issuer string `json:"issuer"`
	}
	if err := client.Metadata(ctx, &metadata, nil); err != nil || metadata.Issuer != os.Getenv("OAUTH_ISSUER") {
		t.Error(metadata, err)
	}
}

func TestLogInAtTheDemoServer(t *testing.T) {
	client := demo(t)
	page := make(chan error, 1)
	listener := &Listener{Path: os.Getenv("OAUTH_REDIRECT_PATH"), OpenURL: func(url string) error {
		go func() {
			jar, _ := cookiejar.New(nil)
			response, err := (&http.Client{Jar: jar}).Get(url)
			if err == nil {
				response.Body.Close()
			}
			page <- err
		}()
		return nil
	}}
	token := must(client.LogIn(context.Background(), os.Getenv("OAUTH_SCOPE"), listener, nil))(t)
	if err := <-page; err != nil {
		t.Error(err)
	}
	session := must(client.Session(nil, "demo", nil))(t)
	if err := session.Adopt(context.Background(), token, nil); err != nil {
		t.Fatal(err)
	}
	response := must(session.HTTPClient().Get(os.Getenv("OAUTH_RESOURCE")))(t)
	if response.Body.Close(); response.StatusCode != 200 {
		t.Error(response.Status)
	}
	failing := &Listener{OpenURL: func(string) error { return errors.New("no screen") }}
	if _, err := client.LogIn(context.Background(), os.Getenv("OAUTH_SCOPE"), failing, nil); !errors.Is(err, Callback) {
		t.Error(err)
	}
}

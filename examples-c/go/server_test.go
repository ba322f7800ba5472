package oauthclient

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
)

// A token endpoint that counts. Without an answer of its own it gives "token-1", "token-2", ... for an hour.
type tokenServer struct {
	*httptest.Server
	requests int32
}

func startTokenServer(t *testing.T, answer http.HandlerFunc) *tokenServer {
	t.Helper()
	server := &tokenServer{}
	server.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		count := atomic.AddInt32(&server.requests, 1)
		if answer != nil {
			answer(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"access_token":"token-%d","token_type":"Bearer","expires_in":3600,"tenant":"north"}`, count)
	}))
	t.Cleanup(server.Close)
	return server
}

func (server *tokenServer) client(t *testing.T, adjust ...func(*Config)) *Client {
	t.Helper()
	config := Config{TokenEndpoint: server.URL, ClientID: "app", ClientSecret: "hush-hush", NoProxy: true}
	for _, change := range adjust {
		change(&config)
	}
	client := must(New(config))(t)
	t.Cleanup(func() { client.Close() })
	return client
}

func (server *tokenServer) session(t *testing.T, options SessionOptions, adjust ...func(*Config)) *Session {
	t.Helper()
	session := must(server.client(t, adjust...).Session(nil, t.Name(), &options))(t)
	t.Cleanup(func() { session.Close() })
	return session
}

// must takes a call's two results: must(f())(t).
func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func refuse(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Request-Id", "42")
	w.WriteHeader(status)
	fmt.Fprint(w, body)
}

func (server *tokenServer) count() int32 { return atomic.LoadInt32(&server.requests) }

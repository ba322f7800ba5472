package oauthclient

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

func TestErrorSaysAllThatTheServerSaid(t *testing.T) {
	server := startTokenServer(t, func(w http.ResponseWriter, r *http.Request) {
		refuse(w, 400, `{"error":"invalid_scope","error_description":"no such scope","error_uri":"https://as.example/e","hint":7}`)
	})
	_, err := server.client(t).ClientCredentials(context.Background(), "all", nil)
	var failure *Error
	if !errors.As(err, &failure) || !errors.Is(err, Provider) || errors.Is(err, Timeout) {
		t.Fatalf("%v", err)
	}
	if failure.ProviderError != "invalid_scope" || failure.ProviderDescription != "no such scope" || failure.ProviderURI != "https://as.example/e" {
		t.Errorf("%+v", failure)
	}
	if response := failure.Response; response.Status != 400 || response.Header.Get("x-request-id") != "42" || !strings.Contains(string(response.Body), `"hint":7`) {
		t.Errorf("%+v", response)
	}
	if failure.Advice != FixRequest || !failure.RequestSent || failure.Attempts != 1 || !strings.HasPrefix(failure.Endpoint, server.URL) {
		t.Errorf("%+v", failure)
	}
	var retrieve *oauth2.RetrieveError
	if !errors.As(err, &retrieve) || retrieve.ErrorCode != "invalid_scope" || retrieve.Response.StatusCode != 400 {
		t.Errorf("%+v", retrieve)
	}
	if strings.Contains(fmt.Sprintf("%v %+v", err, err), "hush-hush") {
		t.Error("the error shows the client's secret")
	}
}

func TestErrorWithoutAnAnswer(t *testing.T) {
	server := startTokenServer(t, nil)
	server.Close()
	_, err := server.client(t, func(c *Config) { c.Retries = &RetryPolicy{} }).ClientCredentials(context.Background(), "", nil)
	var retrieve *oauth2.RetrieveError
	if !errors.Is(err, Connect) || errors.As(err, &retrieve) {
		t.Fatal(err)
	}
	if _, err := New(Config{Issuer: "not a URL"}); !errors.Is(err, InvalidConfig) || !strings.Contains(err.Error(), "issuer") {
		t.Error(err)
	}
}

func TestContextEndsACall(t *testing.T) {
	arrived, leave := make(chan struct{}, 2), make(chan struct{})
	server := startTokenServer(t, func(w http.ResponseWriter, r *http.Request) { arrived <- struct{}{}; <-leave })
	t.Cleanup(func() { close(leave) })
	client := server.client(t)

	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-arrived; cancel() }()
	_, err := client.ClientCredentials(ctx, "", nil)
	if !errors.Is(err, context.Canceled) || !errors.Is(err, Cancelled) {
		t.Error(err)
	}
	ctx, cancel = context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err = client.ClientCredentials(ctx, "", nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	before := len(arrived)
	if _, err = client.ClientCredentials(ctx, "", nil); !errors.Is(err, context.DeadlineExceeded) || len(arrived) != before {
		t.Error("a context that has ended sends nothing:", err)
	}
}

func TestFiveHundredCallsTakeFewThreads(t *testing.T) {
	const calls = 500
	var arrived sync.WaitGroup
	arrived.Add(calls)
	leave := make(chan struct{})
	server := startTokenServer(t, func(w http.ResponseWriter, r *http.Request) {
		arrived.Done()
		<-leave
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"access_token":"a","token_type":"Bearer"}`)
	})
	client := server.client(t)
	results := make(chan error, calls)
	for i := 0; i < calls; i++ {
		go func() {
			_, err := client.ClientCredentials(context.Background(), "", nil)
			results <- err
		}()
	}
	arrived.Wait() // all of them wait for their answers now
	threads, err := os.ReadDir("/proc/self/task")
	close(leave)
	if runtime.GOOS == "linux" && (err != nil || len(threads) > 50) {
		t.Errorf("%d threads for %d calls; %v", len(threads), calls, err)
	}
	t.Logf("%d threads for %d calls", len(threads), calls)
	for i := 0; i < calls; i++ {
		if err := <-results; err != nil {
			t.Fatal(err)
		}
	}
}

func TestOptionsReachTheServer(t *testing.T) {
	server := startTokenServer(t, func(w http.ResponseWriter, r *http.Request) {
		r.ParseForm()
		if r.Header.Get("X-Trace") != "7" || len(r.Form["resource"]) != 2 || r.Form.Get("audience") != "b" {
			refuse(w, 400, `{"error":"invalid_request"}`)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"access_token":"a","token_type":"Bearer","scope":"x y"}`)
	})
	options := &Options{Header: http.Header{"X-Trace": {"7"}}, Params: url.Values{"resource": {"https://1.example", "https://2.example"}, "audience": {"b"}}}
	token := must(server.client(t).ClientCredentials(context.Background(), "x y z", options))(t)
	if token.Scope() != "x y" || token.Authorization() != "Bearer a" || !token.Expiry().IsZero() || token.Response().Status != 200 {
		t.Error(token.Scope(), token.Expiry(), token.Response())
	}
	again := must(ParseToken(must(token.Serialize())(t)))(t)
	if again.AccessToken() != "a" || strings.Contains(fmt.Sprintf("%+v %#v", again, again), "Bearer") {
		t.Error("a token is saved, and prints no secret")
	}
}

func TestWhatCCannotSayIsRefused(t *testing.T) {
	client := startTokenServer(t, nil).client(t)
	_, err := client.Exchange(context.Background(), "code\x00 and more", "", nil)
	if !errors.Is(err, InvalidArgument) || !strings.Contains(err.Error(), "code") {
		t.Errorf("a string that C would cut: %v", err)
	}
	client.Close()
	client.Close()
	if _, err = client.ClientCredentials(context.Background(), "", nil); !errors.Is(err, InvalidArgument) {
		t.Errorf("a client that was closed: %v", err)
	}
}

func TestForgottenHandlesAreCollected(t *testing.T) {
	collected := make(chan struct{})
	func() {
		marker := &[64]byte{}
		runtime.SetFinalizer(marker, func(*[64]byte) { close(collected) })
		must(New(Config{TokenEndpoint: "https://as.example", ClientID: "a", Log: func(LogLevel, string) { _ = marker[0] }}))(t)
	}()
	// The client is collected, C frees its callback, and then nothing holds what that has captured.
	for deadline := time.After(20 * time.Second); ; {
		runtime.GC()
		select {
		case <-collected:
			return
		case <-deadline:
			t.Fatal("the client was never freed")
		case <-time.After(time.Millisecond):
		}
	}
}

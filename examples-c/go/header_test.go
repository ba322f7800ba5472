package oauthclient

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Functions that the package does without; a new one of the header is either called, or named here with its reason.
var leftOut = map[string]string{
	`oauth_(request|refresh|renew)_token|oauth_log_in|oauth_introspect|oauth_revoke|oauth_request_(metadata|userinfo|grant|client_credentials)|oauth_authorization_(begin|finish)|oauth_device_authorization_(begin|wait)|oauth_session_(token|adopt|adopt_refresh_token|invalidate|finish|forget)`: "each has a _start",
	`oauth_session_(copy_\w+|invalidate_text)|oauth_operation_(descriptor|done)|oauth_request_options_set_interrupt`:                                                         "for callers without goroutines and contexts",
	`oauth_request_(token_exchange|jwt_bearer|saml_bearer|password)(_start)?`:                                                                                                "Client.Grant",
	`oauth_introspect_start|oauth_(operation_)?introspection\w*`:                                                                                                             "for servers",
	`oauth_json_\w+|oauth_challenges_\w+|oauth_response_header|oauth_userinfo_subject`:                                                                                       "encoding/json, net/http",
	`oauth_browser_open|oauth_listener_(open|free|wait|finish|redirect_uri|browser_url)|oauth_device_authorization_(poll\w*|next_poll_in_ms|json|verification_uri_complete)`: "LogIn and Device.Wait",
	`oauth_(error|token)_deviations|oauth_error_provider_code|oauth_token_(expires_in_s|rotated|refresh_token_expires_at_s|response_json)`:                                   "rarely wanted",
	`oauth_(error|client|key|source|proof|store|session)_ref`:                                                                                                                "Go's pointers",
	`oauth_key_(with_kid|kid|public_jwks|to_pem)|oauth_basic_authorization|oauth_authorization_nonce`:                                                                        "rarely wanted",
	`oauth_store_(open_callbacks|value_set)|oauth_config_set_transport|oauth_transport_\w+|oauth_session_options_set_refusal|oauth_source_read`:                              "would block a thread of the library",
	`oauth_store_options_\w*redis\w*`: "StoreOptions has those that most need",
}

func TestNothingOfTheHeaderIsForgotten(t *testing.T) {
	files, err := filepath.Glob("*.[cg]*")
	if err != nil {
		t.Fatal(err)
	}
	called := map[string]bool{}
	for _, file := range files {
		if !strings.HasSuffix(file, "_test.go") {
			text, _ := os.ReadFile(file)
			for _, call := range regexp.MustCompile(`\b(oauth_\w+)\(`).FindAllSubmatch(text, -1) {
				called[string(call[1])] = true
			}
		}
	}
	header := string(must(os.ReadFile("../../include/oauth.h"))(t))
	header = regexp.MustCompile(`(?s)/\*.*?\*/`).ReplaceAllString(header, "")
	functions := regexp.MustCompile(`\b(oauth_\w+)\(`).FindAllStringSubmatch(header, -1)
	if len(functions) < 200 {
		t.Fatalf("%d functions", len(functions))
	}
	for _, function := range functions {
		reason := ""
		for pattern, why := range leftOut {
			if regexp.MustCompile(`^(` + pattern + `)$`).MatchString(function[1]) {
				reason = why
			}
		}
		if !called[function[1]] && reason == "" {
			t.Errorf("%s is neither called nor left out for a reason", function[1])
		}
	}
}

func TestThePageShowsTheExample(t *testing.T) {
	page, example := must(os.ReadFile("README.md"))(t), must(os.ReadFile("login/main.go"))(t)
	shown := regexp.MustCompile("(?s)```go\n(.*?)```").FindSubmatch(page)
	if shown == nil || !strings.Contains(string(example), string(shown[1])) {
		t.Error("README.md and login/main.go differ")
	}
}

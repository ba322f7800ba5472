// Logs a user in, once: the login is kept. Then calls an API with it.
package main

import (
	"context"
	"errors"
	"log"
	"os"

	"oauthclient.example/oauthclient"
)

func main() {
	ctx := context.Background()
	client, err := oauthclient.New(oauthclient.Config{Issuer: os.Getenv("OAUTH_ISSUER"),
		ClientID: os.Getenv("OAUTH_CLIENT_ID"), ClientSecret: os.Getenv("OAUTH_CLIENT_SECRET")})
	check(err)
	store, err := oauthclient.OpenDirectory(os.Getenv("OAUTH_STORE"), nil)
	check(err)
	session, err := client.Session(store, "work", nil)
	check(err)
	if _, err = session.Token(ctx, nil); errors.Is(err, oauthclient.LoginRequired) {
		token, err := client.LogIn(ctx, os.Getenv("OAUTH_SCOPE"), &oauthclient.Listener{Path: os.Getenv("OAUTH_REDIRECT_PATH")}, nil)
		check(err)
		check(session.Adopt(ctx, token, nil))
	}
	response, err := session.HTTPClient().Get(os.Getenv("OAUTH_RESOURCE"))
	check(err)
	check(response.Write(os.Stdout))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

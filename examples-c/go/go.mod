module oauthclient.example/oauthclient

go 1.19

require golang.org/x/oauth2 v0.25.0

# fish completion for oauth-token

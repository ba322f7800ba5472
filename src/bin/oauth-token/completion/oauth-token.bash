# bash completion for oauth-token

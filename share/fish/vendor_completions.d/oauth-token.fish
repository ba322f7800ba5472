# Completion of oauth-token for fish: oauth-token completion fish > ~/.config/fish/completions/oauth-token.fish
function __oauth_token_names
    oauth-token list 2>/dev/null | string replace -r ' .*' ''
end
set -l verbs token login list status revoke client-credentials exchange introspect userinfo discover exec completion help version
set -l settings '__fish_seen_subcommand_from login client-credentials'
set -l asked "not __fish_seen_subcommand_from login list status revoke introspect userinfo discover completion help version"
set -l printed "not __fish_seen_subcommand_from exec exchange client-credentials; and $asked"

complete -c oauth-token -f
complete -c oauth-token -n "not __fish_seen_subcommand_from $verbs" -a "$verbs"
complete -c oauth-token -n 'not __fish_seen_subcommand_from list completion help version' -a '(__oauth_token_names)'
complete -c oauth-token -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'
complete -c oauth-token -n "$asked" -l format -x -a 'token authorization header-file git kubernetes gcp docker json'
complete -c oauth-token -n "$asked" -l user -x -d 'the user name beside the token'
complete -c oauth-token -n "$printed" -l file -r -F -d 'writes to a file'
complete -c oauth-token -n "$printed" -l watch -d 'keeps the file fresh'
complete -c oauth-token -l min-validity -x -d 'how long the token has to be valid, in seconds'
complete -c oauth-token -l timeout -x -d 'the limit of the command, in seconds'
complete -c oauth-token -l help -d 'the help'
complete -c oauth-token -n '__fish_seen_subcommand_from login' -l device -d 'a code for another device'
complete -c oauth-token -n '__fish_seen_subcommand_from login' -l paste -d 'a browser on another machine'
complete -c oauth-token -n "$settings" -l client-secret-stdin -d 'asks for the secret'
complete -c oauth-token -n '__fish_seen_subcommand_from list status' -l json -d 'as JSON'
complete -c oauth-token -n '__fish_seen_subcommand_from exchange' -l requested-token-type -x
complete -c oauth-token -n '__fish_seen_subcommand_from exchange' -l subject-token-type -x
complete -c oauth-token -n "$settings" -l client-authentication -x -a 'client_secret_basic client_secret_post none'
complete -c oauth-token -n "$settings" -l redirect-host -x -a '127.0.0.1 ::1 localhost'
for name in client-secret-file ca-file store
    complete -c oauth-token -n "$settings" -l $name -r -F
end
for name in issuer token-endpoint authorization-endpoint device-authorization-endpoint revocation-endpoint client-id \
        client-secret-keyring scope resource audience key redirect-port redirect-path
    complete -c oauth-token -n "$settings" -l $name -x
end

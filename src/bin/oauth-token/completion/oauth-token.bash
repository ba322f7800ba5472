# Completion of oauth-token for bash: oauth-token completion bash > /etc/bash_completion.d/oauth-token
_oauth_token() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} verb=${COMP_WORDS[1]} options
    local verbs="token login list status revoke client-credentials exchange introspect userinfo discover exec completion help version"
    local members="--issuer --token-endpoint --authorization-endpoint --device-authorization-endpoint --revocation-endpoint
        --client-id --client-secret-file --client-secret-keyring --client-authentication --scope --resource --audience --key
        --store --ca-file --redirect-host --redirect-port --redirect-path"
    COMPREPLY=()
    case $before in
        --format) COMPREPLY=($(compgen -W "token authorization header-file git kubernetes gcp docker json" -- "$word")); return ;;
        --file | --client-secret-file | --ca-file | --store) COMPREPLY=($(compgen -f -- "$word")); return ;;
        --client-authentication)
            COMPREPLY=($(compgen -W "client_secret_basic client_secret_post none" -- "$word")); return ;;
        --redirect-host) COMPREPLY=($(compgen -W "127.0.0.1 ::1 localhost" -- "$word")); return ;;
        completion) COMPREPLY=($(compgen -W "bash zsh fish" -- "$word")); return ;;
    esac
    if [[ $word == -* ]]; then
        case $verb in
            login) options="$members --device --paste --client-secret-stdin --timeout" ;;
            list) options="--json" ;;
            status) options="--json" ;;
            client-credentials) options="$members --client-secret-stdin --format --user --min-validity --timeout" ;;
            exchange) options="--scope --resource --audience --requested-token-type --subject-token-type --format --user
                --min-validity --timeout" ;;
            introspect | userinfo) options="--min-validity --timeout" ;;
            discover) options="--ca-file --timeout" ;;
            exec) options="--format --min-validity --timeout" ;;
            revoke) options="--timeout" ;;
            *) options="--format --user --min-validity --file --watch --timeout" ;;
        esac
        COMPREPLY=($(compgen -W "$options --help" -- "$word"))
    else
        local names
        names=$(oauth-token list 2>/dev/null | cut -d' ' -f1)
        [[ $COMP_CWORD == 1 ]] && names="$verbs $names"
        COMPREPLY=($(compgen -W "$names" -- "$word"))
    fi
}
complete -F _oauth_token oauth-token

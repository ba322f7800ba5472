"""The functions of oauth.h, by type of result and parameters. Written by tests/test_header.py."""

SIGNATURES = """
I device_authorization: device_authorization_next_poll_in_ms
I error: error_attempts error_deviations
I token: token_deviations
I transport_request: transport_request_remaining_ms
P response P: response_body
P transport_request P: transport_request_body
b client s i s s: proof_answer
b error: error_request_sent
b introspection: introspection_active
b operation: operation_done
b session: session_saved
b session *token i s request_options *error: session_replace
b session s i s s: session_proof_answer
b token: token_rotated
b token q: token_expired
b transport_request: transport_request_cancelled
cancel: cancel_new
client client: client_ref
config: config_new
d operation: operation_descriptor
error error: error_ref
error session: session_last_error
i *store *error: store_open_memory
i P P P *source *error: source_from_callback
i P P P P P P P *store *error: store_open_callbacks
i P n s *source *error: source_from_command
i authorization *char *error: authorization_to_json
i authorization s params request_options *operation *error: authorization_finish_start
i authorization s params request_options *token *error: authorization_finish
i client request_options *metadata *error: request_metadata
i client request_options *operation *error: request_metadata_start
i client s *authorization *error: authorization_from_json
i client s params listener_options request_options *operation *error: log_in_start
i client s params listener_options request_options *token *error: log_in
i client s params request_options *device_authorization *error: device_authorization_begin
i client s params request_options *operation *error: request_client_credentials_start request_grant_start
  device_authorization_begin_start
i client s params request_options *token *error: request_client_credentials request_grant
i client s s params request_options *authorization *error: authorization_begin
i client s s params request_options *operation *error: request_jwt_bearer_start request_saml_bearer_start
  authorization_begin_start
i client s s params request_options *token *error: request_jwt_bearer request_saml_bearer
i client s s request_options *error: revoke
i client s s request_options *introspection *error: introspect
i client s s request_options *operation *error: introspect_start revoke_start
i client s s s params request_options *operation *error: request_token_start refresh_token_start
  request_password_start
i client s s s params request_options *token *error: request_token refresh_token request_password
i client s s s s s s params request_options *operation *error: request_token_exchange_start
i client s s s s s s params request_options *token *error: request_token_exchange
i client store s session_options *session *error: session_open
i client token request_options *operation *error: request_userinfo_start
i client token request_options *userinfo *error: request_userinfo
i client token s params request_options *operation *error: renew_token_start
i client token s params request_options *token *error: renew_token
i client token s s *proof *error: proof_new
i config *client *error: client_new
i device_authorization request_options *operation *error: device_authorization_wait_start
  device_authorization_poll_start
i device_authorization request_options *token *error: device_authorization_wait device_authorization_poll
i error: error_status error_provider_code error_advice
i key *char *error: key_to_pem
i key s *key *error: key_with_kid
i listener authorization request_options *char *error: listener_wait
i listener_options *listener *error: listener_open
i operation *authorization *error: operation_authorization
i operation *device_authorization *error: operation_device_authorization
i operation *error: operation_result
i operation *introspection *error: operation_introspection
i operation *metadata *error: operation_metadata
i operation *token *error: operation_token
i operation *userinfo *error: operation_userinfo
i response: response_status
i response *challenges *error: challenges_from_response
i s *challenges *error: challenges_parse
i s *error: browser_open
i s *json *error: json_from_text
i s *key *error: key_from_jwk key_generate
i s *session *error: profile_open
i s *token *error: token_from_json
i s params s *source *error: source_from_url
i s s *source *error: source_from_file
i s s P P P *key *error: key_from_signer
i s s i *char *error: basic_authorization
i s s s s q *token *error: token_new
i s store_options *store *error: store_open_directory store_open_redis store_open_keyring
i session *source *error: source_from_session
i session b request_options *error: session_forget
i session b request_options *operation *error: session_forget_start
i session request_options *error: session_finish
i session request_options *operation *error: session_token_start session_finish_start
i session request_options *token *error: session_token
i session request_options char n P *error: session_copy_access_token session_copy_authorization
i session s *error: session_invalidate_text
i session s request_options *error: session_adopt_refresh_token
i session s request_options *operation *error: session_adopt_refresh_token_start
i session s s request_options *proof *error: session_proof
i session token *error: session_invalidate
i session token request_options *error: session_adopt
i session token request_options *operation *error: session_adopt_start session_invalidate_start
i source request_options *char *error: source_read
i store *json *error: store_keys
i token *char *error: token_to_json
i y n s *key *error: key_from_pem
json device_authorization: device_authorization_json
json error: error_provider_json
json introspection: introspection_json
json json n: json_item_at
json json s: json_object
json metadata: metadata_json
json token: token_claims token_json
json userinfo: userinfo_json
key key: key_ref
listener_options: listener_options_new
n challenges: challenges_count
n challenges n: challenges_parameter_count
n json: json_count
n json s: json_string_count
n response: response_header_count
n transport_request: transport_request_header_count
params: params_new
proof proof: proof_ref
q device_authorization: device_authorization_expires_at_s
q error: error_retry_after_s
q json s q: json_number
q session: session_expires_at_s session_login_expires_at_s session_next_renewal_at_s
q token: token_expires_in_s token_expires_at_s token_refresh_token_expires_at_s
request_options: request_options_new
response error: error_response
response token: token_response
s: version
s authorization: authorization_url authorization_state authorization_nonce
s challenges n: challenges_scheme_at challenges_token68_at
s challenges n n: challenges_parameter_name_at challenges_parameter_value_at
s challenges n s: challenges_parameter
s device_authorization: device_authorization_user_code device_authorization_verification_uri
  device_authorization_verification_uri_complete device_authorization_qr_text
s error: error_message error_provider_error error_provider_description error_provider_uri error_endpoint
s i: status_name
s json n: json_name_at
s json s: json_text json_raw
s json s n: json_string_at
s key: key_public_jwk key_algorithm key_thumbprint key_kid key_public_jwks
s listener: listener_redirect_uri listener_browser_url
s proof: proof_authorization proof_dpop
s response n: response_header_name_at response_header_value_at
s response s: response_header
s session: session_issuer
s token: token_access_token token_type token_scope token_refresh_token token_id_token token_authorization
  token_response_json
s transport_request: transport_request_method transport_request_url
s transport_request n: transport_request_header_name_at transport_request_header_value_at
s userinfo: userinfo_subject
session session: session_ref
session_options: session_options_new
source source: source_ref
store store: store_ref
store_options: store_options_new
token session: session_peek
token token: token_ref
v authorization: authorization_free
v cancel: cancel_free cancel_trigger
v challenges: challenges_free
v char: string_free
v client: client_free
v config: config_free
v config I: config_set_authorization_lifetime_s config_set_connect_timeout_ms config_set_timeout_ms
  config_set_idle_timeout_ms
v config I I b: config_set_retry_policy
v config P P P: config_set_transport
v config b: config_set_pkce config_set_dpop config_set_pushed_authorization config_set_signed_requests
  config_set_signed_responses config_set_use_proxy config_set_use_system_ca config_set_use_environment
  config_set_allow_http
v config i: config_set_client_authentication config_set_security_profile
v config i P P P: config_set_log
v config key: config_set_client_key config_set_dpop_key
v config n: config_set_max_response_bytes
v config s: config_set_assertion_audience config_set_issuer config_add_allowed_issuer config_set_token_endpoint
  config_set_authorization_endpoint config_set_device_authorization_endpoint config_set_revocation_endpoint
  config_set_introspection_endpoint config_set_userinfo_endpoint config_set_pushed_authorization_request_endpoint
  config_set_jwks_uri config_set_user_agent config_add_ca_file
v config s key: config_set_client_certificate
v config s s: config_set_client config_set_client_key_file config_add_header
v config s s s: config_set_proxy
v config source: config_set_client_assertion
v config y n: config_add_ca_pem
v device_authorization: device_authorization_free
v error: error_free
v introspection: introspection_free
v json: json_free
v key: key_free
v listener: listener_free
v listener b: listener_finish
v listener_options: listener_options_free
v listener_options H: listener_options_set_port
v listener_options P P P: listener_options_set_open_url
v listener_options b: listener_options_set_check_browser
v listener_options s: listener_options_set_host listener_options_set_path listener_options_set_program_name
v listener_options s s: listener_options_set_pages
v metadata: metadata_free
v operation: operation_cancel operation_free
v operation P P P: operation_on_done
v params: params_free
v params s s: params_set params_add
v proof: proof_free
v request_options: request_options_free
v request_options I: request_options_set_timeout_ms request_options_set_deadline_ms request_options_set_min_validity_s
v request_options I I b: request_options_set_retry_policy
v request_options P P P: request_options_set_interrupt
v request_options cancel: request_options_set_cancel
v request_options s s: request_options_add_header
v session: session_free
v session_options: session_options_free
v session_options P P P: session_options_set_acquire session_options_set_change session_options_set_refusal
v session_options b: session_options_set_client_credentials
v session_options params: session_options_set_field_parameters
v session_options s: session_options_set_scope
v session_options source: session_options_set_jwt_bearer session_options_set_source
v session_options source s: session_options_set_token_exchange session_options_set_actor_token
v signature y n: signature_set
v source: source_free
v source_value s: source_value_set
v store: store_free
v store_options: store_options_free
v store_options I: store_options_set_redis_idle_connections store_options_set_redis_entry_max_idle_s
v store_options b: store_options_set_allow_unprotected store_options_set_redis_cluster
  store_options_set_redis_use_system_ca
v store_options s: store_options_set_redis_prefix store_options_add_redis_ca_file
  store_options_set_keyring_encryption_key
v store_options s s: store_options_set_redis_client_certificate
v store_options s s s: store_options_set_redis_sentinel
v store_options source: store_options_set_redis_password
v store_options y n: store_options_set_encryption_key store_options_add_redis_ca_pem
v store_value y n: store_value_set
v token: token_free
v transport_response i: transport_response_set_status
v transport_response s s: transport_response_add_header
v transport_response y n: transport_response_append_body
v userinfo: userinfo_free
"""

// Who the server knows.
import { ALGORITHMS, registered, selfSignedJwks, subject } from './keys.mjs';

const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const CODE = ['authorization_code', 'refresh_token'];
const ALL = [...CODE, 'client_credentials', DEVICE];

const keys = (settings) => ({ token_endpoint_auth_method: 'private_key_jwt', jwks: registered, grant_types: ALL, ...settings });
const each = (prefix, settings) => Object.fromEntries(ALGORITHMS.map((alg) => [`${prefix}_${alg.toUpperCase()}`, settings(alg)]));
const PUSHED = { require_pushed_authorization_requests: true };
const DPOP = { dpop_bound_access_tokens: true };
const CERTIFICATE = { tls_client_certificate_bound_access_tokens: true };
const SUBJECT = { token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_subject_dn: subject };

// Beside what `client` fills in. A loopback redirect URI is good at any port (RFC 8252 §7.3).
const CLIENTS = {
  BASIC: { grant_types: CODE, scope: 'openid offline_access email read' },
  POST: { token_endpoint_auth_method: 'client_secret_post', grant_types: [...CODE, 'client_credentials'] },
  PUBLIC: { token_endpoint_auth_method: 'none', grant_types: CODE },
  // Both need the form encoding of RFC 6749 §2.3.1: the server decodes, and some of these characters are escaped.
  ENCODED: { client_id: 'id with:%2B+&=/?', client_secret: 'se:cret %+&=/?~\'"<>', grant_types: ['authorization_code', 'client_credentials'] },
  DEVICE: { token_endpoint_auth_method: 'none', grant_types: [DEVICE, 'refresh_token'] },
  MACHINE: { grant_types: ['client_credentials'], scope: 'read' },
  ROTATING: { grant_types: CODE, scope: 'offline_access read' },
  ROTATING_TOO: { grant_types: CODE, scope: 'offline_access read' },
  SHORT: { grant_types: ['authorization_code', DEVICE] },
  RESOURCE_SERVER: { grant_types: ['client_credentials'] },

  // One signing algorithm each: KEY_RS256, KEY_ES256 ...
  ...each('KEY', (alg) => keys({ token_endpoint_auth_signing_alg: alg })),
  // Any of them, and the audience of its assertions is the token endpoint.
  OLDER: keys({}),
  SECRET_JWT: { token_endpoint_auth_method: 'client_secret_jwt', grant_types: ALL },
  // PAR (RFC 9126), JAR (RFC 9101) and both.
  PUSHED: { ...PUSHED, grant_types: CODE },
  PUSHED_KEY: keys(PUSHED),
  PUSHED_PUBLIC: { ...PUSHED, token_endpoint_auth_method: 'none', grant_types: CODE },
  SIGNED: keys({ require_signed_request_object: true }),
  SIGNED_BASIC: { require_signed_request_object: true, jwks: registered, grant_types: CODE },
  PUSHED_SIGNED: keys({ ...PUSHED, require_signed_request_object: true }),
  // What the server signs its JARM answers with.
  ...each('JARM', (alg) => ({ authorization_signed_response_alg: alg, grant_types: CODE })),
  // DPoP (RFC 9449). Whose id begins with dpop_nonce or fapi has to show a nonce everywhere.
  DPOP: { ...DPOP, grant_types: [...CODE, 'client_credentials'] },
  DPOP_PUBLIC: { ...DPOP, token_endpoint_auth_method: 'none', grant_types: [...CODE, DEVICE] },
  DPOP_NONCE: { ...DPOP, grant_types: [...CODE, 'client_credentials', DEVICE] },
  DPOP_NONCE_PUBLIC: { ...DPOP, token_endpoint_auth_method: 'none', grant_types: CODE },
  // The FAPI 2.0 profiles. Their assertions have the issuer for an audience, whatever the server takes from others.
  FAPI: keys({ ...PUSHED, ...DPOP, token_endpoint_auth_signing_alg: 'ES256', id_token_signed_response_alg: 'ES256' }),
  FAPI_SIGNED: keys({
    ...PUSHED, ...DPOP, require_signed_request_object: true, request_object_signing_alg: 'ES256', authorization_signed_response_alg: 'ES256',
    token_endpoint_auth_signing_alg: 'ES256', id_token_signed_response_alg: 'ES256',
  }),

  // By certificate, at TLS_ISSUER alone (RFC 8705).
  TLS: { ...SUBJECT, grant_types: ALL },
  TLS_BOUND: { ...SUBJECT, ...CERTIFICATE, grant_types: ALL },
  SELF_SIGNED: { token_endpoint_auth_method: 'self_signed_tls_client_auth', jwks: selfSignedJwks, ...CERTIFICATE, grant_types: ALL },
  // A key says who it is, a certificate binds its tokens.
  KEY_BOUND: keys(CERTIFICATE),
  FAPI_TLS: { ...SUBJECT, ...PUSHED, ...CERTIFICATE, grant_types: ALL, id_token_signed_response_alg: 'ES256' },
};

function client([name, settings]) {
  const client_id = name.toLowerCase();
  const code = settings.grant_types.includes('authorization_code');
  return {
    client_id,
    ...(/basic|post|secret_jwt/.test(settings.token_endpoint_auth_method ?? 'basic') ? { client_secret: `secret of ${client_id}, long enough to sign` } : {}),
    application_type: 'native',
    response_types: code ? ['code'] : [],
    redirect_uris: code ? ['http://127.0.0.1/', 'http://127.0.0.1/callback', 'http://[::1]/callback'] : [],
    ...settings,
  };
}

export const needsTls = ({ token_endpoint_auth_method: method, ...settings }) => /tls/.test(method) || Object.keys(CERTIFICATE).some((name) => settings[name]);
export const clients = Object.entries(CLIENTS).map(client);
export const names = Object.keys(CLIENTS);

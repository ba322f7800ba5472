// One authorization server: an issuer, its features, and what it does to whom.
import { X509Certificate } from 'node:crypto';
import { clients, needsTls } from './clients.mjs';
import { ALGORITHMS, ownKeys, subject } from './keys.mjs';

// Its advice on what a production server should change is no news here.
console.info = console.warn = () => {};
const { Provider, errors } = await import('oidc-provider');

export const RESOURCE = 'https://api.example/';
export const renewals = { success: 0, errors: [], revoked: 0 };
// In seconds. A second is the server's unit: what lives for one is dead after two.
const LIFETIMES = { short: 1, rotating: 2, rotating_too: 2 };
const lifetime = (usual) => (_ctx, _token, client) => LIFETIMES[client.clientId] ?? usual;
const wantsNonce = (clientId) => /^(dpop_nonce|fapi)/.test(clientId);
const ALIASES = {
  token_endpoint: '/token', revocation_endpoint: '/token/revocation', introspection_endpoint: '/token/introspection', userinfo_endpoint: '/me',
  device_authorization_endpoint: '/device/auth', pushed_authorization_request_endpoint: '/request',
};

/// Client assertions as the update of RFC 7523 has them (RFC 10070): the server itself takes more.
function assertion(ctx, claims, header, client) {
  const now = Math.floor(Date.now() / 1000);
  const older = client.clientId === 'older';
  const wrong = Object.entries({
    typ: !older && header.typ !== 'client-authentication+jwt',
    aud: claims.aud !== (older ? ctx.oidc.urlFor('token') : ctx.oidc.issuer),
    sub: claims.sub !== claims.iss,
    iat: !Number.isInteger(claims.iat) || Math.abs(now - claims.iat) > 30,
    exp: !Number.isInteger(claims.exp) || claims.exp - claims.iat > 60,
  }).filter(([, is]) => is);
  if (wrong.length) throw new errors.InvalidClientAuth(`client assertion: ${wrong.map(([name]) => name).join(', ')}`);
}

function certificates() {
  const certificate = (ctx) => {
    const { raw } = ctx.req.socket.getPeerCertificate?.(true) ?? {};
    return raw && new X509Certificate(raw);
  };
  return {
    enabled: true,
    certificateBoundAccessTokens: true,
    selfSignedTlsClientAuth: true,
    tlsClientAuth: true,
    getCertificate: (ctx) => certificate(ctx)?.toString(),
    certificateAuthorized: (ctx) => ctx.req.socket.authorized === true,
    certificateSubjectMatches: (ctx, property, expected) => property === 'tls_client_auth_subject_dn'
      && expected === subject && certificate(ctx).subject.split('\n').reverse().join(',') === expected,
  };
}

/// `withCertificates`: the origin that asks for client certificates. `pushed`, `signed`: what the metadata require of everybody.
export function provider(issuer, { withCertificates, pushed = false, signed = false } = {}) {
  const wantNonce = new Set(); // access tokens
  const provider = new Provider(issuer, {
    clients: clients.filter((client) => withCertificates || !needsTls(client)),
    jwks: ownKeys,
    scopes: ['openid', 'offline_access', 'read', 'write'],
    claims: { openid: ['sub'], email: ['email'] },
    findAccount: (_ctx, user) => ({ accountId: user, claims: () => ({ sub: user, email: `${user}@example.org` }) }),
    renderError: (ctx, out) => { ctx.body = out; },
    clockTolerance: 0,
    clientAuthMethods: [
      'client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt', 'none',
      ...(withCertificates ? ['tls_client_auth', 'self_signed_tls_client_auth'] : []),
    ],
    // ES384 is not among its defaults.
    enabledJWA: Object.fromEntries(['clientAuth', 'requestObject', 'authorization', 'dPoP']
      .map((what) => [`${what}SigningAlgValues`, what === 'clientAuth' ? [...ALGORITHMS, 'HS256'] : ALGORITHMS])),
    assertJwtClientAuthClaimsAndHeader: assertion,
    discovery: withCertificates ? {
      mtls_endpoint_aliases: Object.fromEntries(Object.entries(ALIASES).map(([name, path]) => [name, withCertificates + path])),
    } : {},
    pkce: { required: () => true },
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    features: {
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true },
      dPoP: {
        enabled: true,
        nonceSecret: Buffer.alloc(32, 'nonces'),
        requireNonce: (ctx) => wantsNonce(ctx.oidc.client?.clientId) || wantNonce.has(ctx.get('authorization').split(' ')[1]),
      },
      fapi: { enabled: true, profile: (_ctx, client) => (client?.clientId.startsWith('fapi') ? '2.0' : undefined) },
      introspection: { enabled: true },
      jwtResponseModes: { enabled: true },
      mTLS: withCertificates ? certificates() : { enabled: false },
      pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: pushed },
      requestObjects: { enabled: true, requireSignedRequestObject: signed },
      registration: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo(_ctx, resource) {
          if (resource !== RESOURCE) throw new errors.InvalidTarget();
          return { scope: 'read write', accessTokenFormat: 'opaque' };
        },
      },
    },
    ttl: {
      AccessToken: lifetime(3600),
      AuthorizationCode: lifetime(60),
      DeviceCode: lifetime(60),
      ClientCredentials: 600,
      IdToken: 3600,
      RefreshToken: 86400,
      Interaction: 600,
      Session: 86400,
      Grant: 86400,
    },
  });
  provider.use(async (ctx, next) => {
    await next();
    // It leaves this to the default of RFC 8628 §3.2, five seconds: long for a test.
    if (ctx.body?.device_code) ctx.body.interval = 1;
  });
  const refreshes = (ctx) => ctx.oidc.params?.grant_type === 'refresh_token';
  provider.on('access_token.saved', (token) => { if (wantsNonce(token.clientId)) wantNonce.add(token.jti); });
  provider.on('grant.success', (ctx) => { renewals.success += refreshes(ctx); });
  provider.on('grant.error', (ctx, error) => { if (refreshes(ctx)) renewals.errors.push(error.error); });
  provider.on('grant.revoked', () => { renewals.revoked += 1; });
  provider.on('server_error', (_ctx, error) => console.error(error));
  if (process.env.INTEROP_VERBOSE) {
    for (const what of ['grant', 'authorization', 'pushed_authorization_request', 'introspection', 'revocation', 'userinfo', 'device_authorization']) {
      provider.on(`${what}.error`, (_ctx, error) => console.error(what, error.error, error.error_description, error.error_detail ?? error.cause ?? ''));
    }
  }
  return provider.callback();
}

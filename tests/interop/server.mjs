// Runs the certified authorization server of npm's oidc-provider for the tests, on a free loopback port.
//
// Prints its settings, one KEY=VALUE a line, then READY. Stops at the end of its standard input, and after ten minutes
// at the latest, and those that tests/proofs takes. GET /renewals says how refreshes ended, as JSON. Everything is kept in memory. The login page takes any user and password.
import http from 'node:http';

// Its advice on what a production server should change is no news here.
console.info = console.warn = () => {};
const { Provider, errors } = await import('oidc-provider');

const LIMIT_MS = (10 * 60 + Number(process.env.PROOF_SECONDS ?? 0)) * 1000;
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const PATH = '/tenant/one';
const RESOURCE = 'https://api.example/';
// Beside what `client` fills in. A loopback redirect URI is good at any port (RFC 8252 §7.3).
const CLIENTS = {
  BASIC: { grant_types: ['authorization_code', 'refresh_token'], scope: 'openid offline_access email read' },
  POST: { token_endpoint_auth_method: 'client_secret_post', grant_types: ['authorization_code', 'refresh_token', 'client_credentials'] },
  PUBLIC: { token_endpoint_auth_method: 'none', grant_types: ['authorization_code', 'refresh_token'] },
  // Both need the form encoding of RFC 6749 §2.3.1: the server decodes, and some of these characters are escaped.
  ENCODED: { client_id: 'id with:%2B+&=/?', client_secret: 'se:cret %+&=/?~\'"<>', grant_types: ['authorization_code', 'client_credentials'] },
  DEVICE: { token_endpoint_auth_method: 'none', grant_types: [DEVICE, 'refresh_token'] },
  MACHINE: { grant_types: ['client_credentials'], scope: 'read' },
  ROTATING: { grant_types: ['authorization_code', 'refresh_token'], scope: 'offline_access read' },
  ROTATING_TOO: { grant_types: ['authorization_code', 'refresh_token'], scope: 'offline_access read' },
  SHORT: { grant_types: ['authorization_code', DEVICE] },
  RESOURCE_SERVER: { grant_types: ['client_credentials'] },
};
// In seconds. A second is the server's unit: what lives for one is dead after two.
const LIFETIMES = { short: 1, rotating: 2, rotating_too: 2 };
const lifetime = (usual) => (_ctx, _token, client) => LIFETIMES[client.clientId] ?? usual;
const renewals = { success: 0, errors: [], revoked: 0 };

function client([name, settings]) {
  const client_id = name.toLowerCase();
  const code = settings.grant_types.includes('authorization_code');
  return {
    client_id,
    ...(settings.token_endpoint_auth_method === 'none' ? {} : { client_secret: `secret of ${client_id}` }),
    application_type: 'native',
    response_types: code ? ['code'] : [],
    redirect_uris: code ? ['http://127.0.0.1/', 'http://127.0.0.1/callback', 'http://[::1]/callback'] : [],
    ...settings,
  };
}
const clients = Object.entries(CLIENTS).map(client);

function provider(issuer) {
  const provider = new Provider(issuer, {
    clients,
    scopes: ['openid', 'offline_access', 'read', 'write'],
    claims: { openid: ['sub'], email: ['email'] },
    findAccount: (_ctx, user) => ({ accountId: user, claims: () => ({ sub: user, email: `${user}@example.org` }) }),
    renderError: (ctx, out) => { ctx.body = out; },
    clockTolerance: 0,
    pkce: { required: () => true },
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    features: {
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true },
      introspection: { enabled: true },
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
  provider.on('grant.success', (ctx) => { renewals.success += refreshes(ctx); });
  provider.on('grant.error', (ctx, error) => { if (refreshes(ctx)) renewals.errors.push(error.error); });
  provider.on('grant.revoked', () => { renewals.revoked += 1; });
  provider.on('server_error', (_ctx, error) => console.error(error));
  return provider.callback();
}

const server = http.createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const [root, tenant] = [provider(issuer), provider(issuer + PATH)];
  server.on('request', (request, response) => {
    if (request.url === '/renewals') return response.end(JSON.stringify(renewals));
    // RFC 8414 §3.1 puts the well-known name between the host and the path of the issuer.
    request.url = request.url.replace(new RegExp(`^(/\\.well-known/[\\w-]+)${PATH}$`), `${PATH}$1`);
    if (!request.url.startsWith(`${PATH}/`)) return root(request, response);
    request.originalUrl = request.url;
    request.url = request.url.slice(PATH.length);
    return tenant(request, response);
  });
  const settings = [['ISSUER', issuer], ['ISSUER_WITH_PATH', issuer + PATH], ['RESOURCE', RESOURCE]];
  Object.keys(CLIENTS).forEach((name, index) => {
    const { client_id, client_secret } = clients[index];
    settings.push([`${name}_ID`, client_id]);
    if (client_secret) settings.push([`${name}_SECRET`, client_secret]);
  });
  console.log([...settings.map((setting) => setting.join('=')), 'READY'].join('\n'));
});
process.stdin.on('end', () => process.exit()).resume();
setTimeout(() => process.exit(), LIMIT_MS);

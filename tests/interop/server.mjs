// Runs the certified authorization server of npm's oidc-provider for the tests, on free loopback ports.
//
// Prints its settings, one KEY=VALUE a line, then READY. Stops at the end of its standard input, and after ten minutes
// at the latest, and those that tests/proofs takes. Everything is kept in memory. The login page takes any user and password.
// GET /renewals says how refreshes ended, as JSON; for /jose/ see jose.mjs. INTEROP_VERBOSE=1: its refusals go to stderr.
import http from 'node:http';
import https from 'node:https';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { withClock } from './clocks.mjs';
import { clients, names } from './clients.mjs';
import { publicJwk, sign, verify } from './jose.mjs';
import { authority, directory, privateKey, tls } from './keys.mjs';
import { RESOURCE, provider, renewals } from './provider.mjs';

const LIMIT_MS = (10 * 60 + Number(process.env.PROOF_SECONDS ?? 0)) * 1000;
// By the setting that names the issuer. Seconds by which a clock is off, and what `provider` takes.
const WITH_PATH = {
  ISSUER_WITH_PATH: { path: '/tenant/one' },
  ISSUER_AHEAD: { path: '/ahead', clock: 600 },
  ISSUER_BEHIND: { path: '/behind', clock: -600 },
  ISSUER_PUSHED: { path: '/pushed', pushed: true },
  ISSUER_SIGNED: { path: '/signed', signed: true },
};

async function listen(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `${server instanceof https.Server ? 'https' : 'http'}://127.0.0.1:${server.address().port}`;
}

const JOSE = {
  '/jose/verify': async (asked) => JSON.stringify(await verify(asked)),
  '/jose/sign': (asked) => sign(asked, privateKey(asked.key)),
  '/jose/public': async (asked) => JSON.stringify(await publicJwk(privateKey(asked.key))),
};

async function jose(request, response) {
  try {
    response.end(await JOSE[request.url](JSON.parse(await text(request))));
  } catch (error) {
    response.writeHead(400).end(String(error));
  }
}

const plain = http.createServer();
const secure = https.createServer(tls);
const mutual = https.createServer({ ...tls, ca: authority, requestCert: true, rejectUnauthorized: false });
const [origin, secureOrigin, mutualOrigin] = await Promise.all([plain, secure, mutual].map(listen));

const root = provider(origin);
const others = Object.entries(WITH_PATH).map(([setting, { path, clock = 0, ...options }]) => ({ setting, path, clock, answer: provider(origin + path, options) }));
plain.on('request', (request, response) => {
  if (request.url === '/renewals') return response.end(JSON.stringify(renewals));
  if (request.url.startsWith('/jose/')) return jose(request, response);
  // RFC 8414 §3.1 puts the well-known name between the host and the path of the issuer.
  const [, known = '', rest] = /^(\/\.well-known\/[\w-]+)?(.*)$/.exec(request.url);
  const at = others.find(({ path }) => rest.startsWith(`${path}/`) || (known && rest === path));
  if (!at) return root(request, response);
  request.originalUrl = at.path + known + rest.slice(at.path.length);
  request.url = request.originalUrl.slice(at.path.length);
  return withClock(at.clock, () => {
    response.setHeader('Date', new Date().toUTCString());
    return at.answer(request, response);
  });
});
const withTls = provider(secureOrigin, { withCertificates: mutualOrigin });
[secure, mutual].forEach((server) => server.on('request', withTls));

const settings = [['ISSUER', origin], ['TLS_ISSUER', secureOrigin], ['RESOURCE', RESOURCE], ['KEYS', directory]];
others.forEach(({ setting, path }) => settings.push([setting, origin + path]));
names.forEach((name, index) => {
  const { client_id, client_secret } = clients[index];
  settings.push([`${name}_ID`, client_id]);
  if (client_secret) settings.push([`${name}_SECRET`, client_secret]);
});
console.log([...settings.map((setting) => setting.join('=')), 'READY'].join('\n'));
process.stdin.on('end', () => process.exit()).resume();
['SIGTERM', 'SIGINT', 'SIGHUP'].forEach((signal) => process.on(signal, () => process.exit())); // as 'exit' cleans up
setTimeout(() => process.exit(), LIMIT_MS);

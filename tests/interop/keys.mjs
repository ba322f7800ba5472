// Keys and certificates for one run of the server, in a directory that goes with the process.
//
// NAME.pem is made by OpenSSL; NAME.pkcs1.pem and NAME.sec1.pem are the same key in its older form. NAME.jwk is made by npm's jose.
import { execFile } from 'node:child_process';
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { exportJWK, generateKeyPair } from 'jose';
import { publicJwk } from './jose.mjs';

export const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'];
export const directory = mkdtempSync(path.join(tmpdir(), 'oauthclient-interop-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));

const file = (name) => path.join(directory, name);
const read = (name) => readFileSync(file(name), 'utf8');
const openssl = (...args) => promisify(execFile)('openssl', args, { cwd: directory, env: { ...process.env, OPENSSL_CONF: file('conf') } });
const rsa = (name, bits) => openssl('genpkey', '-algorithm', 'RSA', '-pkeyopt', `rsa_keygen_bits:${bits}`, '-out', name);

// Their public parts are registered, as JWK with the thumbprint for a kid.
const REGISTERED = ['rsa2048.pem', 'rsa3072.pem', 'p256.pem', 'p384.pem', 'ed25519.pem'];
const SUBJECT = '/O=Interop/CN=client';

async function opensslKeys() {
  await Promise.all([
    rsa('rsa2048.pem', 2048).then(() => openssl('rsa', '-in', 'rsa2048.pem', '-traditional', '-out', 'rsa2048.pkcs1.pem')),
    rsa('rsa3072.pem', 3072).then(() => openssl('rsa', '-in', 'rsa3072.pem', '-traditional', '-out', 'rsa3072.pkcs1.pem')),
    rsa('rsa1024.pem', 1024),
    // As this command writes it: with the block EC PARAMETERS before the key.
    ...[['p256', 'prime256v1'], ['p384', 'secp384r1']].map(([name, curve]) => openssl('ecparam', '-name', curve, '-genkey', '-out', `${name}.sec1.pem`)
      .then(() => openssl('pkcs8', '-topk8', '-nocrypt', '-in', `${name}.sec1.pem`, '-out', `${name}.pem`))),
    // As Java writes its keys of EC: without the public half.
    openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', 'half.sec1.pem').then(() => openssl('ec', '-in', 'half.sec1.pem', '-no_public', '-out', 'half.pem')),
    openssl('ecparam', '-name', 'secp521r1', '-genkey', '-out', 'p521.pem'),
    openssl('genpkey', '-algorithm', 'ed25519', '-out', 'ed25519.pem'),
    openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', 'stranger.pem'),
    openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-aes-256-cbc', '-pass', 'pass:opensesame', '-out', 'encrypted.pem'),
  ]);
}

async function joseKeys() {
  return Promise.all(ALGORITHMS.map(async (alg) => {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
    const named = { alg, kid: `jose ${alg}` };
    writeFileSync(file(`${alg}.jwk`), JSON.stringify({ ...await exportJWK(privateKey), ...named }));
    return { ...await exportJWK(publicKey), ...named };
  }));
}

/// `name.pem` and `name.key`, signed by `issuer` or by itself.
function certificate(name, subject, extensions, issuer) {
  const by = issuer ? ['-CA', `${issuer}.pem`, '-CAkey', `${issuer}.key`] : [];
  return openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
    '-subj', subject, '-extensions', extensions, '-keyout', `${name}.key`, '-out', `${name}.pem`, ...by);
}

async function certificates() {
  await certificate('ca', '/CN=interop authority', 'ca');
  await Promise.all([
    certificate('server', '/CN=interop server', 'server', 'ca'),
    certificate('client', SUBJECT, 'client', 'ca'),
    certificate('not_client', '/O=Interop/CN=somebody else', 'client', 'ca'),
    certificate('self_signed', '/CN=self-signed', 'client'),
    certificate('unknown', SUBJECT, 'client'),
  ]);
}

writeFileSync(file('conf'), `[req]
distinguished_name = empty
[empty]
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
[server]
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = IP:127.0.0.1, DNS:localhost
[client]
basicConstraints = CA:FALSE
extendedKeyUsage = clientAuth
`);
const [, fromJose, server] = await Promise.all([
  opensslKeys(),
  joseKeys(),
  Promise.all(ALGORITHMS.map(async (alg) => ({ ...await exportJWK((await generateKeyPair(alg, { extractable: true })).privateKey), alg, use: 'sig', kid: `server ${alg}` }))),
  certificates(),
]);

/// A private key by the name of its file.
export const privateKey = (name) => createPrivateKey(name.endsWith('.jwk') ? { key: JSON.parse(read(name)), format: 'jwk' } : read(name));
const fromOpenssl = await Promise.all(REGISTERED.map((name) => publicJwk(privateKey(name))));
/// What every client with keys has registered.
export const registered = { keys: [...fromOpenssl, ...fromJose] };
/// What the server signs with.
export const ownKeys = { keys: server };

const selfSigned = new X509Certificate(read('self_signed.pem'));
export const selfSignedJwks = { keys: [{ ...selfSigned.publicKey.export({ format: 'jwk' }), x5c: [selfSigned.raw.toString('base64')] }] };
export const subject = SUBJECT.slice(1).split('/').reverse().join(',');
export const tls = { key: read('server.key'), cert: read('server.pem') };
export const authority = read('ca.pem');

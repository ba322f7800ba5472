// What npm's jose says of a JWS, and what it signs itself.
//
//     node jose.mjs verify PUBLIC_JWK < JWS        prints {"header", "claims"}
//     POST /jose/verify {"jws", "jwk"}             the same, by the running server; without a jwk: the one in the header
//     POST /jose/sign {"key", "header", "claims"}  the JWS, with a key that the server made
//     POST /jose/public {"key"}                    its public JWK, with the thumbprint (RFC 7638) for a kid
import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { CompactSign, EmbeddedJWK, calculateJwkThumbprint, compactVerify, importJWK } from 'jose';

export async function verify({ jws, jwk }) {
  // An RSA key takes part in two algorithms: the header says which, the key says whether it may.
  const { alg } = JSON.parse(Buffer.from(jws.split('.')[0], 'base64url'));
  const key = jwk ? await importJWK(jwk, jwk.alg ?? alg) : EmbeddedJWK;
  const { protectedHeader, payload } = await compactVerify(jws, key);
  return { header: protectedHeader, claims: JSON.parse(Buffer.from(payload)) };
}

export function sign({ header, claims }, key) {
  return new CompactSign(Buffer.from(JSON.stringify(claims))).setProtectedHeader(header).sign(key);
}

export async function publicJwk(key) {
  const jwk = createPublicKey(key).export({ format: 'jwk' });
  return { ...jwk, kid: await calculateJwkThumbprint(jwk) };
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const [, , what, jwk] = argv;
  if (what !== 'verify' || !jwk) throw new Error('usage: node jose.mjs verify PUBLIC_JWK < JWS');
  console.log(JSON.stringify(await verify({ jws: readFileSync(0, 'utf8').trim(), jwk: JSON.parse(readFileSync(jwk, 'utf8')) })));
}

import type { DatabaseStanding } from '../store/standing.ts'
import type { Check } from './check.ts'
import { createSealer } from '../secrets/seal.ts'

/** What examples say where a key belongs: whoever has read one has them all. */
const DEFAULTS = /change[-_ ]?(?:me|this|in)|replace[-_ ]?(?:me|this|with)|your[-_ ]?(?:own[-_ ]?)?(?:secret|key)|insecure|placeholder|example|default|dev[-_ ]?secret|agentos[-_ ]?secret/i

/** `given`: AGENTOS_SECRET_KEY; null: the one that the data folder keeps, which is random. */
export function checkSecretKey(given: string | null): Check {
  if (given === null)
    return { name: 'secret key', result: 'ok', found: 'kept in the data folder' }
  return DEFAULTS.test(given)
    ? { name: 'secret key', result: 'error', found: 'AGENTOS_SECRET_KEY is a known default, so anybody can sign in and open secrets', mend: 'set a random one (openssl rand -base64 33), or leave it out to have one made and kept in the data folder' }
    : { name: 'secret key', result: 'ok', found: 'from AGENTOS_SECRET_KEY' }
}

/** Whether the key is the one that this database was written with. */
export function checkKeyFits(key: string | null, fingerprint: string | null, { keyFingerprint, sealed }: DatabaseStanding): Check {
  const name = 'key of the database'
  const mend = 'start it with the key that it had (AGENTOS_SECRET_KEY, or secret.key of the data folder that it was first started with)'
  if (key === null)
    return { name, result: 'ok', found: 'made at the first start' }
  if (keyFingerprint !== null && fingerprint !== keyFingerprint)
    return { name, result: 'error', found: 'the other servers and workers of this database have another key', mend }
  if (sealed && createSealer(key).unseal(sealed.sealed, sealed) === null)
    return { name, result: 'error', found: `secrets that are stored cannot be opened with this key: ${sealed.name}`, mend: `${mend}, or store them anew: agentos secret set ${sealed.name}` }
  return { name, result: 'ok', found: keyFingerprint === null && !sealed ? 'nothing is sealed yet' : 'fits' }
}

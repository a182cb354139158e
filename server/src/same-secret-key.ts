import type { Database } from './store/database.ts'
import { hkdfSync } from 'node:crypto'
import { ConfigError } from './config/config-error.ts'
import { agreeOn } from './store/settings.ts'

/**
 * Who shares a database seals and signs with one key. Only a fingerprint of it is stored, which nobody makes the key from.
 * @throws {ConfigError} when the database knows another key
 */
export async function checkSameSecretKey(db: Database, secretKey: string): Promise<void> {
  if (db.dialect === 'sqlite')
    return // one data folder has both
  const own = fingerprintOf(secretKey)
  if (await agreeOn(db, 'secret key fingerprint', own) !== own)
    throw new ConfigError('AGENTOS_SECRET_KEY', 'expected the key that the other servers and workers of this database have, got another one; set it to theirs (the one that was made at the first start is in the file secret.key of that data folder)')
}

/** Nobody makes the key from it. */
export function fingerprintOf(secretKey: string): string {
  return Buffer.from(hkdfSync('sha256', secretKey, '', 'agentos fingerprint of the secret key', 16)).toString('hex')
}

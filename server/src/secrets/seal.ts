import { Buffer } from 'node:buffer'
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

/** Where a sealed value belongs: it opens nowhere else. */
export interface SealPlace { organisationId: string, name: string }

/**
 * Seals values under a key that is derived from the server's own: AES-256-GCM, a random nonce for each, bound to its place so
 * that two sealed values cannot be exchanged.
 */
export interface Sealer {
  /** Base64 of: version, nonce, ciphertext, tag. */
  seal: (value: string, place: SealPlace) => string
  /** null when the key is another one, the place is, or the text was changed. */
  unseal: (sealed: string, place: SealPlace) => string | null
}

const VERSION = 1
const NONCE_BYTES = 12
const TAG_BYTES = 16

export function createSealer(secretKey: string): Sealer {
  const key = Buffer.from(hkdfSync('sha256', secretKey, '', 'agentos/secrets/v1', 32))
  return {
    seal(value, place) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES }).setAAD(bindingOf(place))
      return Buffer.concat([Buffer.of(VERSION), nonce, cipher.update(value, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64')
    },
    unseal(sealed, place) {
      const bytes = Buffer.from(sealed, 'base64')
      if (bytes[0] !== VERSION || bytes.length < 1 + NONCE_BYTES + TAG_BYTES)
        return null
      const nonce = bytes.subarray(1, 1 + NONCE_BYTES)
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES }).setAAD(bindingOf(place)).setAuthTag(bytes.subarray(-TAG_BYTES))
        return Buffer.concat([decipher.update(bytes.subarray(1 + NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString('utf8')
      }
      catch {
        return null // the tag does not fit: that is all that can be known
      }
    },
  }
}

/** As JSON, so that no other pair of words is written the same way. */
function bindingOf({ organisationId, name }: SealPlace): Buffer {
  return Buffer.from(JSON.stringify([VERSION, organisationId, name]))
}

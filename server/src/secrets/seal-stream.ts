import { Buffer } from 'node:buffer'
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** Seals what is too large for memory, under a key derived from the server's own and bound to what it belongs to: AES-256-GCM, the tag last. */
export interface StreamSealer {
  seal: (source: Readable, belongsTo: string) => Readable
  /** Rejects when the key or the place is another one, or a bit was changed: before anything of it is given out, so it is read twice. */
  open: (sealed: SealedBytes, belongsTo: string) => Promise<Readable>
}

export interface SealedBytes {
  sizeBytes: number
  stream: (range: { start: number, end: number }) => Readable
}

const NONCE_BYTES = 12
const TAG_BYTES = 16

export function createStreamSealer(secretKey: string): StreamSealer {
  const key = Buffer.from(hkdfSync('sha256', secretKey, '', 'agentos/checkpoints/v1', 32))

  return {
    seal(source, belongsTo) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(belongsTo))
      return Readable.from((async function* () {
        yield nonce
        for await (const chunk of source as AsyncIterable<Buffer>) // a stream of bytes
          yield cipher.update(chunk)
        yield cipher.final()
        yield cipher.getAuthTag()
      }()), { objectMode: false })
    },

    async open(sealed, belongsTo) {
      const end = sealed.sizeBytes - TAG_BYTES
      if (end <= NONCE_BYTES)
        throw new Error('it is too short to be what was sealed')
      const [nonce, tag] = await Promise.all([
        whole(sealed.stream({ start: 0, end: NONCE_BYTES - 1 })),
        whole(sealed.stream({ start: end, end: sealed.sizeBytes - 1 })),
      ])
      const opened = () => {
        const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(belongsTo)).setAuthTag(tag)
        const source = sealed.stream({ start: NONCE_BYTES, end: end - 1 })
        source.on('error', error => decipher.destroy(error))
        return source.pipe(decipher)
      }
      await pipeline(opened(), async (source: AsyncIterable<Buffer>) => {
        for await (const _ of source); // only whether the tag fits
      })
      return opened()
    },
  }
}

async function whole(source: Readable): Promise<Buffer> {
  return Buffer.concat(await source.toArray() as Buffer[])
}

import type { Redactor } from '../domain/redact/redactor.ts'
import { Buffer } from 'node:buffer'
import { Transform } from 'node:stream'

/** Takes secrets out of bytes on their way: for what is stored as it was written. What it holds back is bounded. */
export function redactBytes(redactor: Redactor): Transform {
  const stream = redactor.byteStream()
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      done(null, Buffer.from(stream.push(chunk.toString('latin1')), 'latin1'))
    },
    flush(done) {
      done(null, Buffer.from(stream.end(), 'latin1'))
    },
  })
}

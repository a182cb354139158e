import type { Redactor } from '../../domain/redact/redactor.ts'
import { Buffer } from 'node:buffer'

/** Takes values out of bytes that pass by in pieces; what may be the beginning of one waits for what comes. */
export function redactBytes(redactor: Redactor): { push: (bytes: Buffer) => Buffer, end: () => Buffer } {
  const stream = redactor.byteStream()
  return {
    push: bytes => Buffer.from(stream.push(bytes.toString('latin1')), 'latin1'),
    end: () => Buffer.from(stream.end(), 'latin1'),
  }
}

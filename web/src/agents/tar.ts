export interface TarFile { path: string, content: Blob }

const BLOCK = 512
const NAME_BYTES = 100

/** Files as one tar. Their contents are read as it is sent, and are never whole in memory. */
export function tarOf(files: TarFile[]): Blob {
  const parts: BlobPart[] = []
  for (const { path, content } of files) {
    const name = encode(path)
    if (name.length > NAME_BYTES || name.length !== path.length) {
      const record = paxRecord('path', path)
      parts.push(header(encode('pax'), record.length, 'x'), record, padding(record.length))
    }
    parts.push(header(name.slice(0, NAME_BYTES), content.size, '0'), content, padding(content.size))
  }
  return new Blob([...parts, new Uint8Array(2 * BLOCK)], { type: 'application/x-tar' })
}

function header(name: Uint8Array, size: number, type: '0' | 'x'): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(BLOCK)
  const put = (at: number, text: string) => block.set(encode(text), at)
  block.set(name, 0)
  put(100, '0000644\0')
  put(108, '0000000\0')
  put(116, '0000000\0')
  put(124, `${size.toString(8).padStart(11, '0')}\0`)
  put(136, '00000000000\0')
  put(148, ' '.repeat(8)) // the sum is taken with spaces in its own place
  put(156, type)
  put(257, 'ustar\0')
  put(263, '00')
  const sum = block.reduce((total, byte) => total + byte, 0)
  put(148, `${sum.toString(8).padStart(6, '0')}\0 `)
  return block
}

/** `<length> path=<path>` and a line feed, where the length counts itself. */
function paxRecord(key: string, value: string): Uint8Array<ArrayBuffer> {
  const rest = encode(` ${key}=${value}\n`).length
  let length = rest + String(rest).length
  if (rest + String(length).length !== length)
    length++
  return encode(`${length} ${key}=${value}\n`)
}

function padding(size: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array((BLOCK - size % BLOCK) % BLOCK)
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text)
}

/** Formats that a browser draws without running anything of them. SVG is none: it is a document with scripts. */
export type ImageType = 'image/png' | 'image/jpeg' | 'image/gif' | 'image/webp'

export interface Image { type: ImageType, width: number, height: number }

const MAX_BYTES = 10 * 1024 * 1024
/** What is drawn takes four bytes a pixel, however small the file is. */
const MAX_PIXELS = 40_000_000

/** What the first bytes of a file say that it is, whatever it is called; null for anything else. */
export function readImage(head: Uint8Array): Image | null {
  return readPng(head) ?? readGif(head) ?? readWebp(head) ?? readJpeg(head)
}

/** Null for what is no image, or not shown. */
export function shownImageType(head: Uint8Array, sizeBytes: number): ImageType | null {
  const image = readImage(head)
  return image && whyNotShown(image, sizeBytes) === null ? image.type : null
}

/** Why it is not shown; null when it is. */
export function whyNotShown({ width, height }: Image, sizeBytes: number): string | null {
  if (sizeBytes > MAX_BYTES)
    return `It is an image of more than ${MAX_BYTES / 1024 / 1024} MiB. Download it.`
  return width * height > MAX_PIXELS || width === 0 || height === 0 ? `It is an image of ${width} × ${height} points, which is not drawn here. Download it.` : null
}

function readPng(bytes: Uint8Array): Image | null {
  return bytes.length >= 24 && begins(bytes, [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) && text(bytes, 12, 4) === 'IHDR'
    ? { type: 'image/png', width: view(bytes).getUint32(16), height: view(bytes).getUint32(20) }
    : null
}

function readGif(bytes: Uint8Array): Image | null {
  return bytes.length >= 10 && /^GIF8[79]a$/.test(text(bytes, 0, 6))
    ? { type: 'image/gif', width: view(bytes).getUint16(6, true), height: view(bytes).getUint16(8, true) }
    : null
}

function readWebp(bytes: Uint8Array): Image | null {
  if (bytes.length < 30 || text(bytes, 0, 4) !== 'RIFF' || text(bytes, 8, 4) !== 'WEBP')
    return null
  const data = view(bytes)
  switch (text(bytes, 12, 4)) {
    case 'VP8 ': return { type: 'image/webp', width: data.getUint16(26, true) & 0x3FFF, height: data.getUint16(28, true) & 0x3FFF }
    case 'VP8L': {
      const bits = data.getUint32(21, true)
      return { type: 'image/webp', width: (bits & 0x3FFF) + 1, height: ((bits >>> 14) & 0x3FFF) + 1 }
    }
    case 'VP8X': return { type: 'image/webp', width: (data.getUint32(24, true) & 0xFFFFFF) + 1, height: (data.getUint32(26, true) >>> 8) + 1 }
    default: return null
  }
}

/** Its segments one after another, to the one that says how large it is. */
function readJpeg(bytes: Uint8Array): Image | null {
  if (!begins(bytes, [0xFF, 0xD8, 0xFF]))
    return null
  const data = view(bytes)
  for (let at = 2; at + 9 < bytes.length && bytes[at] === 0xFF;) {
    const marker = bytes[at + 1]!
    if (marker >= 0xC0 && marker <= 0xCF && ![0xC4, 0xC8, 0xCC].includes(marker))
      return { type: 'image/jpeg', width: data.getUint16(at + 7), height: data.getUint16(at + 5) }
    at += marker === 0xFF ? 1 : 2 + data.getUint16(at + 2)
  }
  return null
}

function begins(bytes: Uint8Array, magic: number[]): boolean {
  return magic.every((byte, at) => bytes[at] === byte)
}

function text(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length))
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

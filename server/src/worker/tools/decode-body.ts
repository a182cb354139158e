/** What the bytes of an answer are: text in some charset, or not text at all. */
export function decodeBody(bytes: Buffer, contentType: string): { text: string, charset: string } | null {
  const mediaType = contentType.split(';', 1)[0]!.trim().toLowerCase()
  if (!isTextual(mediaType, bytes))
    return null
  const declared = charsetOf(bytes, contentType, mediaType)
  if (declared !== null)
    return decodeAs(bytes, declared) ?? decodeAs(bytes, 'utf-8')
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), charset: 'utf-8' }
  }
  catch {
    // A body that was cut in the middle of a character is still UTF-8.
    return isNearlyUtf8(bytes) ? decodeAs(bytes, 'utf-8') : decodeAs(bytes, 'windows-1252')
  }
}

export function isHtml(contentType: string): boolean {
  return /^\s*(?:text\/html|application\/xhtml\+xml)/i.test(contentType)
}

const SNIFFED_BYTES = 4096

function isTextual(mediaType: string, bytes: Buffer): boolean {
  if (/^text\/|[/+](?:json|xml|yaml|javascript)$|^application\/(?:x-)?(?:javascript|ecmascript|yaml|toml|sql|x-sh|x-www-form-urlencoded|x-ndjson|graphql)$/.test(mediaType))
    return true
  // Nobody says what it is, or says that it does not know.
  return (mediaType === '' || mediaType === 'application/octet-stream') && !bytes.subarray(0, SNIFFED_BYTES).includes(0) && isNearlyUtf8(bytes.subarray(0, SNIFFED_BYTES))
}

/** A mark at the beginning wins over the header, and that over what the page says of itself. */
function charsetOf(bytes: Buffer, contentType: string, mediaType: string): string | null {
  if (bytes[0] === 0xEF && bytes[1] === 0xBB && bytes[2] === 0xBF)
    return 'utf-8'
  if (bytes[0] === 0xFE && bytes[1] === 0xFF)
    return 'utf-16be'
  if (bytes[0] === 0xFF && bytes[1] === 0xFE)
    return 'utf-16le'
  const header = /;\s*charset\s*=\s*"?([\w:.-]{1,40})/i.exec(contentType)?.[1]
  if (header !== undefined)
    return header
  const head = bytes.subarray(0, 1024).toString('latin1')
  if (isHtml(mediaType))
    return /<meta[^>]{0,200}charset\s*=\s*["']?([\w:.-]{1,40})/i.exec(head)?.[1] ?? null
  return mediaType.endsWith('xml') ? /^<\?xml[^>]{0,200}encoding\s*=\s*["']([\w:.-]{1,40})/i.exec(head)?.[1] ?? null : null
}

/** Null for a charset that nobody knows. */
function decodeAs(bytes: Buffer, charset: string): { text: string, charset: string } | null {
  try {
    const decoder = new TextDecoder(charset)
    return { text: decoder.decode(bytes).replaceAll('\0', '\uFFFD'), charset: decoder.encoding }
  }
  catch {
    return null
  }
}

function isNearlyUtf8(bytes: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true }) // what is not whole at the end waits
    return true
  }
  catch {
    return false
  }
}

/** What a tool of an MCP server answered, in words for the model; what is no text comes apart. */
export interface ToolAnswer {
  text: string
  files: { mediaType: string, bytes: Buffer }[]
  hasFailed: boolean
}

const MAX_PARTS = 256
const MAX_FILES = 16

export function readToolAnswer(result: unknown): ToolAnswer {
  const { content, structuredContent, isError } = isRecord(result) ? result : {}
  const parts = Array.isArray(content) ? content : []
  const files: ToolAnswer['files'] = []
  const words = parts.slice(0, MAX_PARTS).map(part => wordsFor(part, files))
  if (parts.length > MAX_PARTS)
    words.push(`[${parts.length - MAX_PARTS} more parts were left out.]`)
  // A server that speaks to older clients says the same in a text.
  if (isRecord(structuredContent) && !parts.some(part => isRecord(part) && part.type === 'text'))
    words.push(JSON.stringify(structuredContent, null, 1))
  const text = words.join('\n')
  return { text: text || (isError === true ? 'It failed, and said nothing of why.' : '(nothing)'), files, hasFailed: isError === true }
}

function wordsFor(part: unknown, files: ToolAnswer['files']): string {
  if (!isRecord(part))
    return ''
  switch (part.type) {
    case 'text':
      return textOf(part.text)
    case 'image':
    case 'audio':
      return fileWords(String(part.type), part.mimeType, part.data, files)
    case 'resource_link':
      return `[link ${textOf(part.name).slice(0, 200)}: ${textOf(part.uri).slice(0, 2000)}]`
    case 'resource': {
      const { uri, text, blob, mimeType } = isRecord(part.resource) ? part.resource : {}
      const about = `resource ${textOf(uri).slice(0, 2000)}`
      return typeof blob === 'string' ? fileWords(about, mimeType, blob, files) : `[${about}]\n${textOf(text)}`
    }
    default:
      return `[a part of an unknown kind: ${textOf(part.type).slice(0, 50)}]`
  }
}

function fileWords(about: string, mimeType: unknown, data: unknown, files: ToolAnswer['files']): string {
  const mediaType = textOf(mimeType).slice(0, 100) || 'application/octet-stream'
  if (typeof data !== 'string' || files.length >= MAX_FILES)
    return `[${about}, ${mediaType}: left out]`
  const bytes = Buffer.from(data, 'base64')
  files.push({ mediaType, bytes })
  return `[${about}, ${mediaType}, ${bytes.length} bytes: file ${files.length} of this answer]`
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.replaceAll('\0', '\uFFFD') : ''
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

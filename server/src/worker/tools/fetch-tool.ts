import type { ToolSpec } from '../../executor/protocol/output.ts'
import type { Answer, Sender } from '../../network/send-request.ts'
import type { CalledTool, ToolOutcome } from './called-tool.ts'
import type { KeepResult } from './keep-result.ts'
import { STATUS_CODES } from 'node:http'
import { readBody, SendProblem, whyNotHeader } from '../../network/send-request.ts'
import { decodeBody, isHtml } from './decode-body.ts'
import { readableText } from './readable-text.ts'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
const MAX_BODY_BYTES = 10 * 1024 * 1024
const MAX_REDIRECTS = 5
const MAX_TIMEOUT_SECONDS = 60
const REDIRECTS = new Set([301, 302, 303, 307, 308])
/** What is meant for one server is not carried on to another. */
const FOR_ONE_ORIGIN = new Set(['authorization', 'cookie', 'x-api-key', 'api-key'])

export const fetchSpec: ToolSpec = {
  name: 'fetch',
  description: 'Sends one HTTP request to a host that the run may reach, and answers with status and text; an HTML page comes as readable text, what is no text is kept as a file for people. '
    + 'Redirects are followed where they can be without sending a body to somebody else.',
  inputSchema: {
    type: 'object',
    properties: {
      url: { type: 'string', minLength: 1, description: 'http:// or https://' },
      method: { type: 'string', enum: [...METHODS], description: 'GET when left out.' },
      headers: { type: 'object', additionalProperties: { type: 'string' }, description: 'Names and values.' },
      body: { type: 'string', description: 'Sent as UTF-8; name its type in a content-type header.' },
      timeoutSeconds: { type: 'integer', minimum: 1, description: `How long it may take with all its redirects; at most, and when left out, ${MAX_TIMEOUT_SECONDS}.` },
      raw: { type: 'boolean', description: 'An HTML page as it is, not as readable text.' },
    },
    required: ['url'],
    additionalProperties: false,
  },
}

interface Request { method: string, url: URL, headers: Record<string, string>, body: string | null, timeoutMs: number, isRaw: boolean }

/** `sender`: null where the run has no network. The tool is bounded in size, time and hops; each hop is held against the run's network rules. */
export function createFetchTool({ sender, keep, signal: stopped }: { sender: Sender | null, keep: KeepResult, signal: AbortSignal }): CalledTool {
  return async ({ input, about }) => {
    if (!sender)
      return failed('There is no network: the manifest gives this run none')
    const request = requestOf(input)
    if (typeof request === 'string')
      return failed(request)
    const signal = AbortSignal.any([stopped, AbortSignal.timeout(request.timeoutMs)])
    try {
      const { answer, url, hops } = await follow(sender, request, signal)
      const { bytes, isCut } = await readBody(answer, MAX_BODY_BYTES, signal)
      const { text, files } = contentOf({ bytes, answer, url, isRaw: request.isRaw })
      const head = headOf(answer, url, hops, isCut)
      return { content: await keep(about, { head, text, files, isWhole: !isCut }), hasFailed: answer.status >= 400 }
    }
    catch (error) {
      if (error instanceof SendProblem)
        return failed(error.message)
      throw error
    }
  }
}

function requestOf(input: Record<string, unknown>): Request | string {
  const url = URL.parse(String(input.url))
  if (!url)
    return `${JSON.stringify(String(input.url).slice(0, 200))} is no address such as https://example.com/page`
  const headers: Record<string, string> = { 'user-agent': 'AgentOS', 'accept': '*/*' }
  for (const [name, value] of Object.entries(input.headers ?? {})) {
    const problem = typeof value === 'string' ? whyNotHeader(name, value) : `the value of ${name} is no text`
    if (problem !== null)
      return `A header cannot be sent: ${problem}`
    headers[name.toLowerCase()] = String(value)
  }
  const method = typeof input.method === 'string' ? input.method : 'GET'
  const body = typeof input.body === 'string' && input.body !== '' ? input.body : null
  if (body !== null && (method === 'GET' || method === 'HEAD'))
    return `${method} has no body`
  const seconds = typeof input.timeoutSeconds === 'number' ? Math.min(input.timeoutSeconds, MAX_TIMEOUT_SECONDS) : MAX_TIMEOUT_SECONDS
  return { method, url, headers, body, timeoutMs: seconds * 1000, isRaw: input.raw === true }
}

async function follow(sender: Sender, first: Request, signal: AbortSignal): Promise<{ answer: Answer, url: URL, hops: URL[] }> {
  let request = first
  const hops: URL[] = []
  for (;;) {
    const answer = await sender.send({ ...request, signal })
    const next = REDIRECTS.has(answer.status) ? redirected(request, answer) : null
    if (!next)
      return { answer, url: request.url, hops }
    answer.close()
    hops.push(request.url)
    if (hops.length > MAX_REDIRECTS)
      throw new SendProblem(`It was redirected more than ${MAX_REDIRECTS} times, the last time to ${next.url.href.slice(0, 500)}`)
    request = next
  }
}

/** Null where the answer itself has to do: what was permitted is a request to this server, and none with a body or an effect to another. */
function redirected(request: Request, { status, headers }: Answer): Request | null {
  const url = headers.location === undefined ? null : URL.parse(headers.location, request.url.href)
  if (!url)
    return null
  const becomesGet = (status === 303 && request.method !== 'HEAD') || ((status === 301 || status === 302) && request.method === 'POST')
  const isSafe = becomesGet || request.method === 'GET' || request.method === 'HEAD'
  const isSameOrigin = url.origin === request.url.origin
  if (!isSafe && !isSameOrigin)
    return null
  const dropped = (name: string) => (becomesGet && name.startsWith('content-')) || (!isSameOrigin && FOR_ONE_ORIGIN.has(name))
  const kept = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !dropped(name)))
  return { ...request, url, headers: kept, ...becomesGet && { method: 'GET', body: null } }
}

const SHOWN_HEADERS = ['content-type', 'content-language', 'last-modified', 'etag', 'location', 'link', 'retry-after', 'allow', 'www-authenticate']

function headOf({ status, headers }: Answer, url: URL, hops: URL[], isCut: boolean): string {
  const shown = SHOWN_HEADERS.flatMap(name => headers[name] === undefined ? [] : [`${name}: ${String(headers[name]).slice(0, 1000)}`])
  return [
    `${status} ${STATUS_CODES[status] ?? ''}`.trim(),
    ...(hops.length > 0 ? [`(after ${hops.length} redirect${hops.length > 1 ? 's' : ''}, from ${url.href.slice(0, 2000)})`] : []),
    ...shown,
    ...(isCut ? [`(the body is longer than ${MAX_BODY_BYTES / 1024 / 1024} MiB; the rest was not read)`] : []),
  ].join('\n')
}

function contentOf({ bytes, answer, url, isRaw }: { bytes: Buffer, answer: Answer, url: URL, isRaw: boolean }): { text: string, files: Buffer[] } {
  const contentType = answer.headers['content-type'] ?? ''
  if (bytes.length === 0)
    return { text: '', files: [] }
  if ((answer.headers['content-encoding'] ?? 'identity') !== 'identity' && !/^\s*(?:x-)?gzip\s*$|^\s*deflate\s*$|^\s*br\s*$/i.test(answer.headers['content-encoding'] ?? ''))
    return { text: `[${bytes.length} bytes in an encoding that is not read here]`, files: [bytes] }
  const decoded = decodeBody(bytes, contentType)
  if (!decoded)
    return { text: `[no text: ${bytes.length} bytes of ${contentType.slice(0, 100) || 'an unknown type'}]`, files: [bytes] }
  return { text: isHtml(contentType) && !isRaw ? readableText(decoded.text, url.href) : decoded.text, files: [] }
}

function failed(problem: string): ToolOutcome {
  return { content: `Error: ${/[.!?]$/.test(problem) ? problem : `${problem}.`}`, hasFailed: true }
}

/** The languages that command-line agents speak to models. */
export type WireFormat = 'chat' | 'responses' | 'messages' | 'gemini'

export type Route
  = | CallRoute
    | { kind: 'models', shape: ModelListShape }
    | { kind: 'unknown', format: WireFormat, status: 400 | 404 | 405, problem: string }

/** A request that goes on to a provider. */
export interface CallRoute {
  kind: 'call'
  format: WireFormat
  /** Below the provider's base address: made of known words alone, never of what the agent wrote. */
  path: string
  /** Of the path (Gemini); in the other formats the body names it. */
  model: string | null
  /** A count of tokens is asked for, no answer. */
  isCount: boolean
}

export type ModelListShape = 'openai' | 'anthropic' | 'gemini'

const GEMINI_CALL = /^\/(v1|v1beta|v1alpha)\/models\/([a-z0-9][\w.-]{0,100}):(generateContent|streamGenerateContent|countTokens)$/i

/**
 * Where a request goes, by exactly known paths: what is encoded, absolute, doubled or climbs (`..`) is none of them. Of the query only
 * what is known is carried on.
 */
export function routeOf(method: string, url: string, headers: Record<string, unknown>): Route {
  const [path = '', query = ''] = url.split('?', 2)
  const gemini = GEMINI_CALL.exec(path)
  if (gemini)
    return method === 'POST' ? geminiCall(gemini, new URLSearchParams(query)) : wrongMethod('gemini', method, 'POST')
  const found = Object.hasOwn(CALLS, path) ? CALLS[path]! : null
  if (found)
    return method === 'POST' ? { ...found, path: found.path + betaOf(found, query) } : wrongMethod(found.format, method, 'POST')
  if (path === '/v1/models' || path === '/models')
    return method === 'GET' ? { kind: 'models', shape: headers['anthropic-version'] === undefined ? 'openai' : 'anthropic' } : wrongMethod('chat', method, 'GET')
  if (path === '/v1beta/models')
    return method === 'GET' ? { kind: 'models', shape: 'gemini' } : wrongMethod('gemini', method, 'GET')
  return { kind: 'unknown', format: formatLike(path), status: 404, problem: NOTHING_HERE }
}

const NOTHING_HERE = 'There is nothing here. This gateway answers POST /v1/chat/completions, /v1/responses, /v1/messages, /v1/messages/count_tokens, '
  + '/v1beta/models/{model}:generateContent, :streamGenerateContent and :countTokens, and GET /v1/models.'

const CHAT: CallRoute = { kind: 'call', format: 'chat', path: '/chat/completions', model: null, isCount: false }
const RESPONSES: CallRoute = { kind: 'call', format: 'responses', path: '/responses', model: null, isCount: false }
const MESSAGES: CallRoute = { kind: 'call', format: 'messages', path: '/v1/messages', model: null, isCount: false }
const COUNT: CallRoute = { kind: 'call', format: 'messages', path: '/v1/messages/count_tokens', model: null, isCount: true }

const CALLS: Record<string, CallRoute> = {
  '/v1/chat/completions': CHAT,
  '/chat/completions': CHAT,
  '/v1/responses': RESPONSES,
  '/responses': RESPONSES,
  '/v1/messages': MESSAGES,
  '/messages': MESSAGES,
  '/v1/messages/count_tokens': COUNT,
  '/messages/count_tokens': COUNT,
}

function betaOf({ format }: CallRoute, query: string): string {
  return format === 'messages' && new URLSearchParams(query).get('beta') === 'true' ? '?beta=true' : ''
}

function geminiCall([, version, model = '', action]: RegExpExecArray, query: URLSearchParams): Route {
  const alt = query.get('alt')
  if (alt !== null && alt !== 'sse' && alt !== 'json')
    return { kind: 'unknown', format: 'gemini', status: 400, problem: `Expected alt=sse or alt=json, got ${JSON.stringify(alt.slice(0, 40))}.` }
  const path = `/${version!.toLowerCase()}/models/${model}:${ACTIONS[action!.toLowerCase()]}${alt === 'sse' ? '?alt=sse' : ''}`
  return { kind: 'call', format: 'gemini', path, model, isCount: action!.toLowerCase() === 'counttokens' }
}

const ACTIONS: Record<string, string> = { generatecontent: 'generateContent', streamgeneratecontent: 'streamGenerateContent', counttokens: 'countTokens' }

function wrongMethod(format: WireFormat, method: string, expected: string): Route {
  return { kind: 'unknown', format, status: 405, problem: `Expected ${expected} here, got ${method}.` }
}

/** Whoever asks for something that is not here still reads errors in one shape. */
function formatLike(path: string): WireFormat {
  if (path.includes(':') || path.startsWith('/v1beta'))
    return 'gemini'
  return path.includes('messages') ? 'messages' : 'chat'
}

const DEFAULT_URL = 'http://127.0.0.1:11434'
const LOOK_TIMEOUT_MS = 500
const LOOK_AGAIN_AFTER_MS = 5_000

export interface OllamaLook {
  url: string
  look: () => Promise<void>
  missing: () => string | null
}

/**
 * Is an Ollama there? Looked at the start, and again when somebody asks and it was not there: one that is started
 * later is found without a restart, and nothing polls while nobody asks.
 */
export function createOllamaLook(host: string | null): OllamaLook {
  const url = host ? normaliseHost(host) : DEFAULT_URL
  let isThere = false
  let lookedAtMs = 0
  let looking: Promise<void> | null = null

  function look(): Promise<void> {
    lookedAtMs = Date.now()
    looking ??= answers(url).then((found) => {
      isThere = found
      looking = null
    })
    return looking
  }

  return {
    url,
    look,
    missing() {
      if (!looking && Date.now() - lookedAtMs > LOOK_AGAIN_AFTER_MS)
        void look()
      return isThere ? null : `No Ollama answers at ${url}: start it (ollama serve), or set OLLAMA_HOST to where it runs, and try again in a moment.`
    },
  }
}

/** OLLAMA_HOST may be a URL, a host, a host with a port, or 0.0.0.0, which is where it listens and not where it is reached. */
export function normaliseHost(host: string): string {
  const text = host.includes('://') ? host : `http://${host}`
  const url = new URL(text)
  if (url.hostname === '0.0.0.0')
    url.hostname = '127.0.0.1'
  if (!url.port && url.protocol === 'http:' && !host.includes('://'))
    url.port = '11434'
  return url.href.replace(/\/+$/, '').replace(/\/v1$/, '')
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/api/version`, { signal: AbortSignal.timeout(LOOK_TIMEOUT_MS) })
    await response.body?.cancel()
    return response.ok
  }
  catch {
    return false // nobody listens, or not in time
  }
}

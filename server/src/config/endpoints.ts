import { ConfigError } from './config-error.ts'

interface Named { name: string, baseUrl: string }

/** Adds to each endpoint its key: of `groq` it is GROQ_API_KEY, as most vendors call it themselves. */
export function endpointsOf(endpoints: Named[], settings: Record<string, string>): (Named & { apiKey: string | null })[] {
  return endpoints.map(({ name, baseUrl }) => {
    const variable = keyNameOf(name)
    const apiKey = settings[variable] ?? null
    if (apiKey !== null && /\s/.test(apiKey))
      throw new ConfigError(variable, `expected a key with no white space in it, got something else (${apiKey.length} characters, not shown)`)
    return { name, baseUrl, apiKey }
  })
}

/** The variable that holds the key of an endpoint. */
export function keyNameOf(name: string): `${string}_API_KEY` {
  return `${name.toUpperCase().replaceAll('-', '_')}_API_KEY`
}

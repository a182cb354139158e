/** What a manifest may also call a provider. */
const ALIASES: Record<string, string> = { anthropic: 'claude', google: 'gemini' }

/** `provider/model` in its parts, by the provider's own name; a name with no slash is a provider alone. */
export function splitModel(name: string): { provider: string, id: string } {
  const slash = name.indexOf('/')
  const provider = slash < 0 ? name : name.slice(0, slash)
  return { provider: Object.hasOwn(ALIASES, provider) ? ALIASES[provider]! : provider, id: slash < 0 ? '' : name.slice(slash + 1) }
}

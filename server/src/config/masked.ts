/** Names whose values are shown to nobody, in the query of an address. */
const SECRET_PARAMETERS = /pass|secret|token|key|sig/i

/** A secret, of which only its length is said. */
export function hidden(value: string): string {
  return `[hidden, ${value.length} characters]`
}

/** An address with what is secret in it left out: a user's password, and parameters that sound like one. What cannot be read is hidden whole. */
export function maskAddress(text: string): string {
  if (!text.includes('://'))
    return text
  const url = URL.parse(text)
  if (!url)
    return hidden(text)
  const isWeb = url.protocol.startsWith('http')
  // In an address of the web a user with no password is a token.
  if (isWeb && url.username && !url.password)
    url.username = '***'
  if (url.password)
    url.password = '***'
  for (const name of [...url.searchParams.keys()]) {
    if (SECRET_PARAMETERS.test(name))
      url.searchParams.set(name, '***')
  }
  return text.endsWith('/') ? url.href : url.href.replace(/\/$/, '')
}

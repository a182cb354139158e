import type { RequestFacts } from './request-facts.ts'

/**
 * A chat stream says its usage only when it is asked to: so it is asked to. This is the one change that a body gets; everything else
 * of it stays as it was written, byte by byte. `wasAsked`: the agent had asked itself.
 */
export function askForUsage(body: Buffer, { streamOptions }: Pick<RequestFacts, 'streamOptions'>): { body: Buffer, wasAsked: boolean } {
  if (streamOptions === null) {
    const inside = body.indexOf('{') + 1
    return { body: Buffer.concat([body.subarray(0, inside), Buffer.from('"stream_options":{"include_usage":true},'), body.subarray(inside)]), wasAsked: false }
  }
  const { from, to } = streamOptions
  const written = body.toString('utf8', from, to)
  const given = JSON.parse(written) as Record<string, unknown> | null // it was read as a mapping or null before
  // Twice or in other letters it might be read as something else.
  const others = Object.entries(given ?? {}).filter(([key]) => key.normalize('NFKC').toLowerCase() !== 'include_usage')
  const asked = { ...Object.fromEntries(others), include_usage: true }
  const wasAsked = given?.include_usage === true
  if (wasAsked && Object.keys(given).length === others.length + 1 && written.replaceAll(/\s/g, '') === JSON.stringify(given))
    return { body, wasAsked }
  return { body: Buffer.concat([body.subarray(0, from), Buffer.from(JSON.stringify(asked)), body.subarray(to)]), wasAsked }
}

import process from 'node:process'
import { CommandError } from '../failure.ts'
import { needServer } from '../local-server.ts'

/** The data folder's credential opens /metrics as well as the metrics token does. */
export async function metrics(): Promise<void> {
  const server = await needServer()
  const response = await fetch(new URL('/metrics', server.url), { headers: { authorization: `Bearer ${server.apiKey}` } })
  if (!response.ok)
    throw new CommandError(`${server.url}/metrics answered ${response.status}: ${await response.text()}`)
  process.stdout.write(await response.text())
}

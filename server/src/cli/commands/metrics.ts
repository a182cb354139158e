import { CommandError } from '../failure.ts'
import { print } from '../print/out.ts'
import { withServer } from '../with-server.ts'

/** The data folder's credential opens /metrics as well as the metrics token does. */
export async function metrics(): Promise<void> {
  await withServer({ embed: 'none' }, async ({ url, apiKey, client }) => {
    // Asked first, for a good message when there is no server or the key is wrong.
    await client.system.me()
    const response = await fetch(new URL('/metrics', url), { headers: { authorization: `Bearer ${apiKey}` } })
    if (!response.ok)
      throw new CommandError(`${url}/metrics answered ${response.status}: ${await response.text()}`)
    print(await response.text())
  })
}

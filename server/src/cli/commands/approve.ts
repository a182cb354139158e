import type { Approval } from '@agentos/client'
import { CommandError } from '../failure.ts'
import { pc } from '../print/colour.ts'
import { shortId } from '../print/id.ts'
import { print } from '../print/out.ts'
import { plain } from '../print/plain.ts'
import { withServer } from '../with-server.ts'

export interface ApproveOptions { always?: boolean, deny?: boolean, note?: string, digest?: string, json?: boolean }

/** Lists what people are asked, or decides one. Without a server it is stored, and its run goes on with the next one. */
export async function approve(id: string | undefined, options: ApproveOptions): Promise<void> {
  if (options.always && options.deny)
    throw new CommandError('--always and --deny say the opposite: give one of them')
  await withServer({ embed: 'look' }, async ({ client, kind }) => {
    if (id === undefined) {
      const { approvals } = await client.approvals.list({ state: 'pending', limit: 200 })
      return print(options.json ? approvals.map(one => `${JSON.stringify(one)}\n`).join('') : listed(approvals))
    }
    const as = options.always ? 'always' : options.deny ? 'deny' : 'once'
    const { digest } = options.digest === undefined ? await client.approvals.get(id) : { digest: options.digest }
    const decided = await client.approvals.decide({ approval: id, digest, as, ...options.note !== undefined && { note: options.note } })
    if (options.json)
      return print(`${JSON.stringify(decided)}\n`)
    print(`${SAID[as]}: ${plain(decided.title)}\n${kind === 'embedded' ? 'its run goes on when a server runs: agentos serve\n' : ''}`)
  })
}

const SAID = { once: 'approved, once', always: 'approved, always for this agent', deny: 'denied' } as const

function listed(approvals: Approval[]): string {
  if (approvals.length === 0)
    return 'Nobody is asked anything.\n'
  return approvals.map(one => [
    `${pc.bold(shortId(one.id))}  ${plain(one.agentName)} ${pc.dim(`run ${shortId(one.runId)}, rule ${plain(one.rule)}, until ${one.expiresAt}${one.isHeld ? ', a process waits' : ''}`)}`,
    ...plain(one.action).split('\n').map(line => `  ${line}`),
    `  ${pc.dim(`agentos approve ${shortId(one.id)} --digest ${one.digest}  (or --always, or --deny --note "why")`)}`,
    '',
  ].join('\n')).join('\n')
}

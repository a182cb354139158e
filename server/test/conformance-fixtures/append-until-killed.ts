import process from 'node:process'
import { createEventLog } from '../../src/events/log.ts'
import { createNotifier } from '../../src/events/notifier.ts'
import { submit } from '../../src/queue/submit.ts'
import { ensureOwner } from '../../src/store/actor.ts'
import { findAgent, saveAgent } from '../../src/store/agents.ts'
import { claimRuns } from '../../src/store/claim.ts'
import { openDatabase } from '../../src/store/database.ts'
import { MANIFEST } from '../conformance-manifest.ts'
import { output } from '../conformance-output.ts'

/** Appends to four runs as fast as it can, and prints each acknowledged text with its run and seq, until it is killed. */
const [databaseUrl, dataDir] = process.argv.slice(2) as [string, string] // the test gives both
const db = await openDatabase({ databaseUrl, dataDir })
const notifier = createNotifier()
const log = createEventLog(db, notifier)
const actor = await ensureOwner(db)
await saveAgent(db, { actor, name: 'agent', source: '', manifest: MANIFEST, notices: [], path: null })
const { found: agent } = await findAgent(db, actor.organisationId, 'agent')
for (let index = 0; index < 4; index++)
  await submit({ db, notifier }, { actor, agent: agent!, task: '', inputs: {}, workspaceFrom: null, isolation: null, timeMs: null })
const refs = await claimRuns(db, { worker: `writer ${process.pid}`, slots: 4, leaseMs: 30_000 })
await Promise.all(refs.map(async (ref) => {
  for (let index = 0; ; index++) {
    const texts = [`${index} a`, `${index} b`]
    const { lastSeq } = await log.append(ref, texts.map(output))
    process.stdout.write(`${JSON.stringify([ref.runId, lastSeq, texts])}\n`)
  }
}))

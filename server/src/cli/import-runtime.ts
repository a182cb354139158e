import type { Actor } from '../store/actor.ts'
import type { AgentRow } from '../store/agents.ts'
import type { Database } from '../store/database.ts'
import type { PrototypeRun, PrototypeSchedule } from '../store/prototype.sqlite.ts'
import { loadConfig } from '../config/config.ts'
import { prepareDataFolder } from '../config/data-folder.ts'
import { parseManifest } from '../domain/manifest/parse.ts'
import { ensureOwner } from '../store/actor.ts'
import { findAgent, saveAgent } from '../store/agents.ts'
import { openDatabase } from '../store/database.ts'
import { importRun } from '../store/import-run.ts'
import { readPrototype } from '../store/prototype.sqlite.ts'
import { CommandError } from './failure.ts'

export interface ImportedRuntime {
  runs: number
  /** They were imported before. */
  known: number
  /** Agents that nothing was known of but their name. */
  agents: string[]
  /** What to type for each schedule. */
  schedules: string[]
}

/** The ended runs of the prototype's runtime.db; with no server on the data, which would not hear of them. */
export async function importRuntime(path: string): Promise<ImportedRuntime> {
  const read = readPrototype(path)
  if (!read.ok)
    throw new CommandError(`${path} is not imported: ${read.problem}. Expected the runtime.db of the Python prototype, with its tables agents and scheduled_agents`)
  const dataFolder = await prepareDataFolder(loadConfig(process.env))
  const db = await openDatabase({ databaseUrl: dataFolder.databaseUrl, dataDir: dataFolder.path })
  try {
    const actor = await ensureOwner(db)
    const result: ImportedRuntime = { runs: 0, known: 0, agents: [], schedules: read.schedules.map(commandOf) }
    for (const run of read.runs)
      await take(db, actor, run, result)
    return result
  }
  finally {
    await db.close()
  }
}

const ENDS = {
  completed: { status: 'succeeded', reason: 'completed', detail: 'The prototype called it completed.' },
  failed: { status: 'failed', reason: 'error', detail: 'The prototype called it failed; why is not in its database.' },
  stopped: { status: 'cancelled', reason: 'cancelled', detail: 'The prototype called it stopped.' },
  running: { status: 'failed', reason: 'interrupted', detail: 'The prototype still called it running; nobody knows how it ended.' },
} as const

async function take(db: Database, actor: Actor, run: PrototypeRun, result: ImportedRuntime): Promise<void> {
  const agent = await agentOf(db, actor, run.name, result)
  const startedAt = run.startedAt ?? run.stoppedAt ?? 0
  const isNew = await importRun(db, {
    actor,
    agent,
    task: '(the prototype did not write down what it was asked)',
    notice: `imported from the Python prototype: ${run.name} ${run.id}${run.model ? `, with the model ${run.model}` : ''}`,
    key: `prototype:${run.id}`,
    worker: `prototype:${run.pid ?? 0}`,
    startedAt,
    endedAt: Math.max(startedAt, run.stoppedAt ?? startedAt),
    ...ENDS[run.status],
  })
  result[isNew ? 'runs' : 'known']++
}

/** The agent of that name; where there is none, one that says what it is and does nothing. */
async function agentOf(db: Database, actor: Actor, called: string, result: ImportedRuntime): Promise<AgentRow> {
  const name = called.toLowerCase().replace(/[^a-z0-9_-]+/g, '-').replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '').slice(0, 60) || 'imported'
  const { found } = await findAgent(db, actor.organisationId, name)
  if (found?.name === name)
    return found
  const source = `name: ${name}
description: Imported from the Python prototype, with its runs and without its manifest
runtime: script
steps:
  - name: no manifest
    run: echo "only the runs of this agent were imported; save its manifest under the name ${name}" >&2; exit 1
`
  const parsed = parseManifest(source, { file: `${name}.yaml` })
  if (!parsed.ok)
    throw new CommandError(`${JSON.stringify(called)} cannot be made the name of an agent: expected ${parsed.problems[0]?.expected}`)
  await saveAgent(db, { actor, name, source, manifest: parsed.manifest, notices: [], path: null })
  result.agents.push(name)
  return (await findAgent(db, actor.organisationId, name)).found! // it was just saved
}

function commandOf({ name, task, time, repeat }: PrototypeSchedule): string {
  const when = repeat !== null ? `--every ${repeat}m` : `--cron "0 ${time ?? 0} * * *"`
  return `agentos schedule ${JSON.stringify(name)} ${when}${task ? ` --task ${JSON.stringify(task)}` : ''}`
}

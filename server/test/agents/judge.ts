import type { RunEvent } from '../../src/domain/event.ts'
import type { ScriptedServer } from './scripted-server.ts'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findMarked, listProcesses } from '../../src/executor/sandbox/processes.ts'

/** As what it is run, and what becomes of it: `asked` waits for a person, who says yes. */
export const WAYS = ['parse', 'parse over budget', 'parse stopped', 'acp', 'acp asked', 'acp denied', 'acp stopped'] as const
export type Way = (typeof WAYS)[number]

/** A call to a model that may answer with more than this is not made: less than any agent asks for. */
export const BUDGET_TOKENS = 50

export interface Tried {
  way: Way
  runId: string
  events: RunEvent[]
  workspace: string
  /** What its shell was told to write, and into which file beside what it found. */
  word: string
  /** The provider's, which no agent may see. */
  key: string
  scripted: ScriptedServer
}

/** What did not come as it should have, a sentence each. */
export async function problemsOf(tried: Tried): Promise<string[]> {
  const { way, events, scripted } = tried
  const isOverBudget = way === 'parse over budget'
  const isShellShown = events.some(({ type, data }) => type === 'tool.started' && data.command.includes(scripted.command.slice(0, 20)))
  return [
    ...(isOverBudget || events.some(({ type }) => type === 'agent.session') ? [] : ['it named no session']),
    // opencode writes of a call when it is over, which one that is stopped never is.
    ...(isOverBudget || way === 'acp denied' || way === 'parse stopped' || isShellShown ? [] : ['no call of its shell is in the log']),
    ...await particularProblems(tried),
  ]
}

async function particularProblems(tried: Tried): Promise<string[]> {
  switch (tried.way) {
    case 'parse over budget':
      return budgetProblems(tried)
    case 'acp denied':
      return deniedProblems(tried)
    case 'parse stopped':
    case 'acp stopped':
      return stopProblems(tried)
    default:
      return doneProblems(tried)
  }
}

async function doneProblems({ way, events, workspace, word, key, scripted }: Tried): Promise<string[]> {
  const end = events.at(-1)!
  const said = events.flatMap(({ type, data }) => type === 'agent.message' && data.kind === 'text' ? [data.text] : []).join('')
  const answers = events.flatMap(({ type, data }) => type === 'model.responded' ? [data] : [])
  const seen = await readFile(join(workspace, 'seen.txt'), 'utf8').catch(() => '')
  const held = { key: `${JSON.stringify(events)}${seen}`.includes(key), shell: seen.includes('AGENTOS_RUN=') }
  const decided = events.flatMap(({ type, data }) => type === 'approval.decided' ? [data] : [])
  return [
    ...(end.type === 'run.ended' && end.data.status === 'succeeded' ? [] : [`its run: ${JSON.stringify(end.data)}`]),
    ...((await readFile(join(workspace, 'agent.txt'), 'utf8').catch(() => '')) === `${word}\n` ? [] : ['the file that its shell was to write is not there']),
    ...(said.includes('The file is written.') ? [] : [`what it said is not in the log: ${JSON.stringify(said)}`]),
    ...(held.shell ? [] : ['its shell did not look for the key']),
    ...(held.key ? ['the key of the provider is in the sandbox or in the log'] : []),
    ...(answers.some(({ usage }) => usage.inputTokens === 11 && usage.outputTokens === 7) ? [] : ['the log has no answer of the model with its usage']),
    ...(scripted.requests.length > 0 && scripted.requests.every(one => one.key === key) ? [] : ['the provider was not shown its key']),
    ...(events.some(({ type, data }) => type === 'sandbox.opened' && data.level === 'sandbox' && data.network === 'none') ? [] : ['it was not in a sandbox with no network']),
    ...(way === 'acp asked' && decided.length === 0 ? ['no decision is in the log'] : []),
  ]
}

async function deniedProblems({ events, workspace }: Tried): Promise<string[]> {
  const calls = events.flatMap(({ type, data }) => type === 'tool.finished' ? [data.status] : [])
  return [
    ...(events.at(-1)!.type === 'run.ended' ? [] : ['its run did not end']),
    ...(await isWritten(workspace) ? ['what was denied was done'] : []),
    ...(calls.includes('denied') ? [] : [`no call of it was denied, but ${calls.join(', ') || 'none was made'}`]),
  ]
}

async function budgetProblems({ runId, events, workspace, scripted }: Tried): Promise<string[]> {
  const end = events.at(-1)!
  return [
    ...(end.type === 'run.ended' && end.data.reason === 'budget_exhausted' ? [] : [`its run: ${JSON.stringify(end.data)}`]),
    ...(await isWritten(workspace) ? ['it worked with no answer of a model'] : []),
    ...(scripted.requests.length === 0 ? [] : ['the provider was asked']),
    ...leftProblems(runId),
  ]
}

function stopProblems({ runId, events }: Tried): string[] {
  const end = events.at(-1)!
  return [
    ...(end.type === 'run.ended' && end.data.status === 'cancelled' && end.data.survivors === 0 ? [] : [`its run: ${JSON.stringify(end.data)}`]),
    ...leftProblems(runId),
  ]
}

function leftProblems(runId: string): string[] {
  return findMarked(`AGENTOS_RUN=${runId}`, listProcesses()).length === 0 ? [] : ['a process of it is still there']
}

function isWritten(workspace: string): Promise<boolean> {
  return readFile(join(workspace, 'agent.txt')).then(() => true, () => false)
}

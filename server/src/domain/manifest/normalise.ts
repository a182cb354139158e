import type { ManifestFile, McpServerFile } from './schema.ts'
import { parse as parseShell } from 'unbash'
import { DEFAULT_RETRY } from './defaults.ts'
import { formatDuration, formatSize } from './units.ts'

/** What the prototype's keys mean today. After this there are only today's keys. */
export type TodaysFile = Omit<ManifestFile, 'model_provider' | 'model_version' | 'isolated' | 'DESTRUCTIVE_COMMANDS' | 'time' | 'repeat' | 'resource_limits' | 'retry_config' | 'mcp'>
  & { mcp?: Record<string, McpServerFile> }

/** `notices` has one sentence for each prototype key that was found, in today's words. */
export function normalise(file: ManifestFile): { file: TodaysFile, notices: string[] } {
  const { model_provider, model_version, isolated, DESTRUCTIVE_COMMANDS, time, repeat, resource_limits, retry_config, mcp, ...today } = file
  const result: TodaysFile = today
  const notices: string[] = []
  const say = (old: string, now: string) => notices.push(`${old} is the prototype's word: today it is ${now}`)

  if (model_provider !== undefined && model_version !== undefined) {
    result.model = `${model_provider}/${model_version}`
    say('model_provider and model_version', `model: ${result.model}`)
  }
  if (isolated !== undefined) {
    result.isolation = isolated ? 'sandbox' : 'process'
    say(`isolated: ${isolated}`, `isolation: ${result.isolation}`)
  }
  if (DESTRUCTIVE_COMMANDS !== undefined) {
    result.commands = { deny: DESTRUCTIVE_COMMANDS }
    say('DESTRUCTIVE_COMMANDS', 'commands.deny')
  }
  if (time !== undefined) {
    result.schedule = { cron: cronAt(time) }
    say(`time: ${time}`, `schedule.cron: "${result.schedule.cron}", in UTC unless schedule.timezone says otherwise`)
  }
  if (repeat !== undefined) {
    result.schedule = { every: repeat * 60_000 }
    say(`repeat: ${repeat}`, `schedule.every: ${formatDuration(repeat * 60_000)}`)
  }
  if (resource_limits !== undefined) {
    result.limits = limitsOf(resource_limits)
    say('resource_limits', `limits: ${limitsText(result.limits)}`)
  }
  if (retry_config !== undefined) {
    result.retry = retryOf(retry_config)
    say('retry_config', `retry: { ${Object.entries(result.retry).map(([key, value]) => `${key}: ${/delay/i.test(key) ? formatDuration(Number(value)) : value}`).join(', ')} }`)
  }
  if (mcp !== undefined) {
    const { servers, ...named } = mcp
    // zod types the rest of a catchall by the union of all its values; servers is taken out above
    result.mcp = { ...named as Record<string, McpServerFile>, ...Object.fromEntries((servers ?? []).map(server => [server.name, serverOf(server)])) }
    if (servers !== undefined)
      say('mcp.servers', `mcp: { ${servers.map(server => `${server.name}: …`).join(', ')} }`)
  }
  return { file: result, notices }
}

function cronAt(time: number | string): string {
  const [hour, minute] = String(time).split(':')
  return `${Number(minute ?? 0)} ${Number(hour)} * * *`
}

type Limits = NonNullable<TodaysFile['limits']>

function limitsOf(old: NonNullable<ManifestFile['resource_limits']>): Limits {
  return {
    ...old.max_steps !== undefined && { steps: old.max_steps },
    ...old.timeout !== undefined && { time: Math.round(old.timeout * 1000) },
    ...old.max_memory_mb !== undefined && { memory: old.max_memory_mb * 1024 ** 2 },
    ...old.max_cpu_percent !== undefined && { cpu: old.max_cpu_percent / 100 },
  }
}

function limitsText({ steps, time, memory, cpu }: Limits): string {
  const parts = [
    steps !== undefined && `steps: ${steps}`,
    time !== undefined && `time: ${formatDuration(time)}`,
    memory !== undefined && `memory: ${formatSize(memory)}`,
    cpu !== undefined && `cpu: ${cpu}`,
  ]
  return `{ ${parts.filter(part => part !== false).join(', ')} }`
}

function retryOf(old: NonNullable<ManifestFile['retry_config']>): NonNullable<TodaysFile['retry']> {
  return {
    attempts: (old.max_retries ?? DEFAULT_RETRY.attempts - 1) + 1,
    ...old.initial_delay !== undefined && { delay: Math.round(old.initial_delay * 1000) },
    ...old.max_delay !== undefined && { maxDelay: Math.round(old.max_delay * 1000) },
    ...old.exponential_base !== undefined && { factor: old.exponential_base },
    ...old.jitter !== undefined && { jitter: old.jitter },
  }
}

type PrototypeServer = NonNullable<NonNullable<ManifestFile['mcp']>['servers']>[number]

function serverOf({ kind, command, url }: PrototypeServer): McpServerFile {
  if (kind === 'http' || kind === 'sse')
    return { url: url ?? (Array.isArray(command) ? command.join(' ') : command ?? '') }
  const [program = '', ...args] = Array.isArray(command) ? command : words(command ?? '')
  return { program, args }
}

/** A command line's words, quotes taken off as a shell would. */
function words(line: string): string[] {
  const first = parseShell(line).commands[0]?.command
  if (first?.type !== 'Command' || !first.name)
    return line.trim().split(/\s+/)
  return [first.name.value, ...first.args.map(arg => 'value' in arg && typeof arg.value === 'string' ? arg.value : '')].filter(word => word !== '')
}

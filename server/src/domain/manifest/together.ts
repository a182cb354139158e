import type { Fault } from './expected.ts'
import type { SourcePath } from './places.ts'
import { checkCondition } from '../condition.ts'
import { templateNames } from './inputs.ts'
import { MCP_NAME, MCP_NAME_WORDS } from './schema-prototype.ts'

/**
 * What no key can tell alone. It reads the values as they were written and steps over whatever has the wrong shape, which
 * the schema reports, so that all that is wrong is said at once.
 */
export function checkTogether(file: Record<string, unknown>): Fault[] {
  return [
    ...checkRuntime(file),
    ...checkModels(file),
    ...checkCost(file),
    ...checkIsolation(file),
    ...checkInputs(file),
    ...checkTemplates(file),
    ...checkToken(file),
    ...checkSteps(file, 'steps'),
    ...checkSteps(file, 'verify'),
    ...checkMcp(file),
    ...checkTools(file),
    ...checkSchedule(file),
    ...checkRetry(file),
    ...checkConcurrency(file),
    ...checkTwins(file),
  ]
}

const RUNTIMES = ['script', 'llm', 'command', 'acp'] as const
type Runtime = (typeof RUNTIMES)[number]

/** Keys that mean something to these runtimes alone. */
const KEYS_OF_RUNTIMES: Record<string, Runtime[]> = {
  steps: ['script'],
  model: ['llm', 'script', 'command', 'acp'],
  model_provider: ['llm'],
  model_version: ['llm'],
  instructions: ['llm'],
  temperature: ['llm'],
  tools: ['llm'],
  mcp: ['llm', 'acp'],
  agent: ['command', 'acp'],
}

/** The runtime that is written, or that the other keys tell; null when they do not. */
export function runtimeOf(file: Record<string, unknown>): Runtime | null {
  if (file.runtime !== undefined)
    return RUNTIMES.find(name => name === file.runtime) ?? null
  const hasModel = file.model !== undefined || file.model_provider !== undefined
  if (file.agent !== undefined && hasModel)
    return null
  if ((file.steps !== undefined) === hasModel)
    return null
  return hasModel ? 'llm' : 'script'
}

function checkRuntime(file: Record<string, unknown>): Fault[] {
  const runtime = runtimeOf(file)
  if (runtime === null)
    return file.runtime === undefined ? [untold(file)] : []
  const faults: Fault[] = []
  const missing = (key: string, expected: string) => file[key] === undefined && faults.push({ path: [key], at: 'key', expected, received: 'nothing', hint: `runtime: ${runtime} needs ${key}:` })
  if (runtime === 'script')
    missing('steps', 'a list of steps')
  if (runtime === 'llm' && file.model_provider === undefined && file.model_version === undefined)
    missing('model', 'a model as provider/model, or a list of them')
  if (runtime === 'command' || runtime === 'acp')
    missing('agent', 'a mapping with command: and args:')
  if (runtime === 'acp' && isRecord(file.agent) && file.agent.parse !== undefined)
    faults.push({ path: ['agent', 'parse'], at: 'key', expected: 'no agent.parse with runtime: acp', hint: 'ACP says itself what its output means; remove it' })
  if (runtime === 'command' && isRecord(file.agent) && file.agent.mode !== undefined)
    faults.push({ path: ['agent', 'mode'], at: 'key', expected: 'no agent.mode with runtime: command', hint: 'only an agent that speaks ACP has modes; give a command its option in args' })
  for (const [key, runtimes] of Object.entries(KEYS_OF_RUNTIMES)) {
    if (file[key] !== undefined && !runtimes.includes(runtime))
      faults.push({ path: [key], at: 'key', expected: `no ${key} with runtime: ${runtime}`, hint: `${key} belongs to runtime: ${runtimes.join(' or ')}` })
  }
  return faults
}

function untold(file: Record<string, unknown>): Fault {
  const base = { path: ['runtime'], at: 'key', received: 'nothing' } as const
  if (file.agent !== undefined)
    return { ...base, expected: 'command or acp', hint: 'agent: needs runtime: command, or runtime: acp when it speaks ACP' }
  if (file.steps !== undefined)
    return { ...base, expected: 'script or llm', hint: 'steps: and model: are both here; say runtime: script when the steps may call the model, runtime: llm (with no steps:) when the model does the work' }
  return { ...base, expected: 'steps: for a script, or model: for a model with tools', hint: 'nothing here says what the agent does' }
}

/** A limit in dollars cannot be kept of what has no price. */
function checkCost(file: Record<string, unknown>): Fault[] {
  if (file.cost !== 'unmetered' || !isRecord(file.limits) || file.limits.cost === undefined)
    return []
  return [{ path: ['cost'], at: 'value', expected: 'metered, or no limits.cost', received: 'unmetered', hint: 'a limit in dollars needs the price of every model; limits.tokens needs none' }]
}

/** A `*` at the end is for programs that say themselves which model they want; a loop of ours has to know. */
function checkModels(file: Record<string, unknown>): Fault[] {
  const isLlm = runtimeOf(file) === 'llm'
  const models = Array.isArray(file.model) ? file.model : [file.model]
  return models.flatMap((model: unknown, index): Fault[] => {
    const star = typeof model === 'string' ? model.indexOf('*') : -1
    if (typeof model !== 'string' || star < 0 || (!isLlm && star === model.length - 1))
      return []
    const expected = isLlm ? 'the full name of a model with runtime: llm' : 'a * at the end alone, such as claude/*'
    return [{ path: Array.isArray(file.model) ? ['model', index] : ['model'], at: 'value', expected, received: model }]
  })
}

function checkIsolation(file: Record<string, unknown>): Fault[] {
  if (file.isolation === 'container' && file.image === undefined)
    return [{ path: ['image'], at: 'key', expected: 'the name of a container image', received: 'nothing', hint: 'isolation: container needs image:' }]
  if (file.image !== undefined && file.isolation !== 'container')
    return [{ path: ['image'], at: 'key', expected: 'isolation: container beside it', hint: 'only a container has an image' }]
  return []
}

function checkInputs(file: Record<string, unknown>): Fault[] {
  const faults: Fault[] = []
  const taken = new Map<string, string>()
  for (const [name, spec] of entriesOf(file.inputs)) {
    const variable = `INPUT_${name.toUpperCase()}`
    const other = taken.get(variable)
    if (other !== undefined)
      faults.push({ path: ['inputs', name], at: 'key', expected: `a name that is not ${other} in other letters`, received: name, hint: `both would be $${variable}` })
    taken.set(variable, name)
    if (!isRecord(spec) || spec.default === undefined || spec.default === null || typeof spec.default === 'object')
      continue
    const received: string = typeof spec.default
    if (typeof spec.type === 'string' && ['string', 'number', 'boolean'].includes(spec.type) && received !== spec.type)
      faults.push({ path: ['inputs', name, 'default'], at: 'value', expected: `a ${spec.type}, as its type says` })
  }
  return faults
}

function checkTemplates(file: Record<string, unknown>): Fault[] {
  const inputs = entriesOf(file.inputs).map(([name]) => name)
  const isKnown = (name: string) => name === 'task' || inputs.some(input => name === `inputs.${input}`)
  const expected = inputs.length > 0 ? `{{task}} or one of ${inputs.map(input => `{{inputs.${input}}}`).join(', ')}` : '{{task}}; there are no inputs'
  const unknownIn = (path: SourcePath, text: unknown, isStrict: boolean): Fault[] => templateNames(text)
    .filter(name => !isKnown(name) && (isStrict || OURS.test(name)))
    .map(name => ({ path, at: 'value', expected, received: `{{${name}}}`, hint: 'list it under inputs:' }))
  const workspace = isRecord(file.workspace) ? file.workspace.from : undefined
  const args = isRecord(file.agent) && Array.isArray(file.agent.args) ? file.agent.args : []
  return [
    ...unknownIn(['workspace', 'from'], workspace, true),
    ...unknownIn(['concurrency', 'key'], isRecord(file.concurrency) ? file.concurrency.key : undefined, true),
    ...unknownIn(['instructions'], file.instructions, false),
    ...args.flatMap((arg: unknown, index) => unknownIn(['agent', 'args', index], arg, true)),
    ...['steps', 'verify'].flatMap(key => listOf(file[key]).flatMap(([step, index]) =>
      templateNames(step.run).filter(name => OURS.test(name)).map(name => inShell([key, index, 'run'], name)))),
  ]
}

/** It goes to the host that the manifest spells out, so there has to be one; and who may start a run must not choose it. */
function checkToken({ workspace, secrets }: Record<string, unknown>): Fault[] {
  if (!isRecord(workspace) || typeof workspace.token !== 'string')
    return []
  const path = ['workspace', 'token']
  const faults: Fault[] = []
  if (typeof workspace.from !== 'string' || !/^(?:git\+)?https?:\/\/[^/{}]+\//.test(workspace.from))
    faults.push({ path, at: 'key', expected: 'from: beside it, a repository whose host is written out', hint: 'such as from: https://github.com/{{inputs.repo}}.git' })
  const [, name] = /\{secrets\.(\w+)\}/.exec(workspace.token) ?? []
  if (name !== undefined && !(Array.isArray(secrets) && secrets.includes(name)))
    faults.push({ path, at: 'value', expected: 'a secret that the manifest lists', received: name, hint: `add ${name} to the manifest's secrets:` })
  return faults
}

/** What can only be meant for us; other tools use double braces too. */
const OURS = /^(?:task$|inputs\.)/

/** Text put into a shell line would be read as part of the command. */
function inShell(path: SourcePath, name: string): Fault {
  const variable = name === 'task' ? 'AGENTOS_TASK' : `INPUT_${name.slice('inputs.'.length).toUpperCase()}`
  return { path, at: 'value', expected: `"$${variable}"`, received: `{{${name}}}`, hint: 'a command reads the task and the inputs from its environment' }
}

function checkSteps(file: Record<string, unknown>, key: 'steps' | 'verify'): Fault[] {
  const faults: Fault[] = []
  const secrets = Array.isArray(file.secrets) ? file.secrets : []
  const before: string[] = []
  const names = new Set<string>()
  for (const [step, index] of listOf(file[key])) {
    const checked = typeof step.if === 'string' ? checkCondition(step.if) : null
    for (const name of checked?.ok ? checked.steps.filter(name => !before.includes(name)) : [])
      faults.push({ path: [key, index, 'if'], at: 'value', expected: before.length > 0 ? `the name of an earlier step: ${before.join(', ')}` : 'an earlier step with a name', received: name })
    for (const [place, secret] of (Array.isArray(step.secrets) ? step.secrets : []).entries()) {
      if (typeof secret === 'string' && !secrets.includes(secret))
        faults.push({ path: [key, index, 'secrets', place], at: 'value', expected: 'a secret that the manifest lists', hint: `add ${secret} to the manifest's secrets:` })
    }
    if (typeof step.name !== 'string')
      continue
    if (names.has(step.name))
      faults.push({ path: [key, index, 'name'], at: 'value', expected: 'a name that no other step has' })
    names.add(step.name)
    before.push(step.name)
  }
  return faults
}

function checkMcp(file: Record<string, unknown>): Fault[] {
  const secrets = Array.isArray(file.secrets) ? file.secrets : []
  return entriesOf(file.mcp).flatMap(([name, server]): Fault[] => {
    const path = ['mcp', name]
    if (name === 'servers')
      return Array.isArray(server) ? server.flatMap((entry: unknown, index) => checkPrototypeServer(entry, index)) : []
    if (!isRecord(server))
      return []
    const faults: Fault[] = []
    if (!MCP_NAME.test(name))
      faults.push({ path, at: 'key', expected: MCP_NAME_WORDS, received: name })
    if ((server.program === undefined) === (server.url === undefined))
      faults.push({ path, at: 'key', expected: 'either program: or url:', received: server.url === undefined ? 'neither' : 'both' })
    if (server.args !== undefined && server.program === undefined)
      faults.push({ path: [...path, 'args'], at: 'key', expected: 'program: beside it' })
    if (server.headers !== undefined && server.url === undefined)
      faults.push({ path: [...path, 'headers'], at: 'key', expected: 'url: beside it' })
    for (const [header, value] of entriesOf(server.headers)) {
      for (const [, secret] of typeof value === 'string' ? value.matchAll(/\$\{secrets\.(\w+)\}/g) : []) {
        if (!secrets.includes(secret))
          faults.push({ path: [...path, 'headers', header], at: 'value', expected: 'a secret that the manifest lists', received: String(secret), hint: `add ${secret} to the manifest's secrets:` })
      }
    }
    return faults
  })
}

/** A tool that could reach nobody. */
function checkTools({ tools, network }: Record<string, unknown>): Fault[] {
  const index = Array.isArray(tools) ? tools.indexOf('fetch') : -1
  return index >= 0 && (network === undefined || network === 'none')
    ? [{ path: ['tools', index], at: 'value', expected: 'network: beside it, a list of hosts or open', hint: 'fetch asks the hosts of network: and no others' }]
    : []
}

function checkPrototypeServer(server: unknown, index: number): Fault[] {
  if (!isRecord(server))
    return []
  const isHttp = server.kind === 'http' || server.kind === 'sse'
  const key = isHttp ? 'url' : 'command'
  return server[key] === undefined && !(isHttp && typeof server.command === 'string') ? [{ path: ['mcp', 'servers', index, key], at: 'key', expected: isHttp ? 'a URL' : 'a command line', received: 'nothing' }] : []
}

function checkSchedule(file: Record<string, unknown>): Fault[] {
  if (!isRecord(file.schedule))
    return []
  const { schedule } = file
  const given = ['cron', 'every', 'at'].filter(key => schedule[key] !== undefined)
  if (given.length !== 1)
    return [{ path: ['schedule'], at: 'key', expected: 'one of cron:, every: and at:', received: given.join(' and ') || 'none of them' }]
  if (schedule.timezone !== undefined && schedule.every !== undefined)
    return [{ path: ['schedule', 'timezone'], at: 'key', expected: 'cron: or at: beside it', hint: 'every: counts from the last start, in whatever zone' }]
  return []
}

function checkConcurrency({ concurrency }: Record<string, unknown>): Fault[] {
  if (!isRecord(concurrency) || (concurrency.key === undefined) === (concurrency.perKey === undefined))
    return []
  const missing = concurrency.key === undefined ? 'key' : 'perKey'
  return [{ path: ['concurrency', missing], at: 'key', expected: missing === 'key' ? 'a template such as "{{inputs.repo}}"' : 'a whole number from 1 to 1000', received: 'nothing', hint: 'perKey: and key: belong together' }]
}

function checkRetry(file: Record<string, unknown>): Fault[] {
  const config = isRecord(file.retry_config) ? file.retry_config : {}
  if (typeof config.initial_delay === 'number' && typeof config.max_delay === 'number' && config.initial_delay > config.max_delay)
    return [{ path: ['retry_config', 'max_delay'], at: 'value', expected: 'at least initial_delay' }]
  return []
}

/** A prototype key beside the key that took its place: nobody can tell which is meant. */
function checkTwins(file: Record<string, unknown>): Fault[] {
  const twins: [string, string][] = [
    ['model_provider', 'model'],
    ['model_version', 'model'],
    ['isolated', 'isolation'],
    ['DESTRUCTIVE_COMMANDS', 'commands'],
    ['resource_limits', 'limits'],
    ['retry_config', 'retry'],
    ['time', 'schedule'],
    ['repeat', 'schedule'],
    ['repeat', 'time'],
  ]
  const faults: Fault[] = twins.filter(([old, today]) => file[old] !== undefined && file[today] !== undefined)
    .map(([old, today]) => ({ path: [old], at: 'key', expected: `${old} or ${today}, not both`, received: 'both', hint: `keep ${today}:` }))
  if ((file.model_provider === undefined) !== (file.model_version === undefined) && file.model === undefined) {
    const missing = file.model_provider === undefined ? 'model_provider' : 'model_version'
    faults.push({ path: [missing], at: 'key', expected: 'model_provider and model_version together', received: 'nothing', hint: 'or today\'s word: model: provider/model' })
  }
  return faults
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function entriesOf(value: unknown): [string, unknown][] {
  return isRecord(value) ? Object.entries(value) : []
}

function listOf(value: unknown): [Record<string, unknown>, number][] {
  return Array.isArray(value) ? value.flatMap((item: unknown, index) => isRecord(item) ? [[item, index] satisfies [unknown, number]] : []) : []
}

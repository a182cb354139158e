import type { Manifest } from './manifest.ts'

/**
 * What each key of a manifest does today, so that none is silently ignored.
 * - acts: it does what its description says.
 * - notice: kept and shown; it does not act yet and is safe to leave aside. `say` completes "<key> …".
 * - refuse: it does not act yet and would be unsafe to ignore: `when` answers true for a manifest that cannot run because of it.
 * - renamed: a prototype key; normalise.ts says it in today's words.
 * - part: a mapping whose keys stand here one by one.
 */
export type KeyEffect
  = | { now: 'acts' }
    | { now: 'notice', say: string }
    | { now: 'refuse', when: (manifest: Manifest) => boolean, say: string }
    | { now: 'renamed', to: string }
    | { now: 'part' }

const acts: KeyEffect = { now: 'acts' }
const part: KeyEffect = { now: 'part' }
const notice = (say: string): KeyEffect => ({ now: 'notice', say })
const refuse = (when: (manifest: Manifest) => boolean, say: string): KeyEffect => ({ now: 'refuse', when, say })
const renamed = (to: string): KeyEffect => ({ now: 'renamed', to })

function stepKeys(list: 'steps' | 'verify'): Record<string, KeyEffect> {
  return {
    [list]: part,
    [`${list}[].name`]: acts,
    [`${list}[].run`]: acts,
    [`${list}[].timeout`]: acts,
    [`${list}[].retry`]: part,
    [`${list}[].retry.attempts`]: acts,
    [`${list}[].retry.delay`]: acts,
    [`${list}[].idempotent`]: acts,
    [`${list}[].secrets`]: acts,
  }
}

export const KEY_EFFECTS: Record<string, KeyEffect> = {
  'name': acts,
  'description': acts,
  'runtime': refuse(manifest => manifest.runtime === 'acp', 'does not act yet for acp: use command where the agent can be told its task by its arguments'),
  'inputs': part,
  'inputs.*': part,
  'inputs.*.type': acts,
  'inputs.*.description': acts,
  'inputs.*.required': acts,
  'inputs.*.default': acts,

  'model': acts,
  'instructions': acts,
  'tools': refuse(manifest => manifest.tools.includes('fetch'), 'does not act yet for fetch: leave shell and files'),
  'mcp': refuse(manifest => Object.keys(manifest.mcp).length > 0, 'does not act yet: remove it, and say in the instructions which programs the shell has'),
  'mcp.*': part,
  'mcp.*.program': part,
  'mcp.*.args': part,
  'mcp.*.url': part,
  'mcp.*.headers': part,
  'mcp.*.headers.*': part,
  'mcp.servers': renamed('mcp'),
  'mcp.servers[].name': renamed('mcp'),
  'mcp.servers[].kind': renamed('mcp'),
  'mcp.servers[].command': renamed('mcp'),
  'mcp.servers[].url': renamed('mcp'),
  ...stepKeys('steps'),
  'steps[].if': acts,
  'steps[].continueOnError': acts,
  'agent': part,
  'agent.command': acts,
  'agent.args': acts,
  'agent.parse': notice('is kept; what the agent writes is shown as it is'),

  'workspace': part,
  'workspace.from': refuse(manifest => manifest.workspace.from !== null && isGitUrl(manifest.workspace.from), 'does not act yet for a git URL: clone it and name the folder'),
  'workspace.mode': acts,
  'workspace.keep': notice('is kept; nothing of the workspace is stored yet'),
  'isolation': refuse(needsWayOut, 'does not act yet for container with a network, or with models for its programs: leave network and model out, or use sandbox'),
  'image': acts,
  'programs': acts,
  'network': acts,
  'secrets': acts,

  'limits': part,
  'limits.time': acts,
  'limits.steps': acts,
  'limits.memory': acts,
  'limits.processes': acts,
  'limits.files': acts,
  'limits.output': acts,
  'limits.cpuTime': acts,
  'limits.cpu': acts,
  'limits.disk': acts,
  'limits.tokens': refuse(manifest => manifest.limits.tokens !== null, 'does not act yet: remove it; limits.steps bounds the turns of a model'),
  'limits.cost': refuse(manifest => manifest.limits.costUsd !== null, 'does not act yet: remove it; limits.steps bounds the turns of a model'),

  'commands': part,
  'commands.deny': acts,
  'commands.ask': acts,
  'commands.allow': acts,
  'approvals': part,
  'approvals.shell': refuse(needsApprovalOfShell, 'does not act yet for ask and deny: use auto, or leave shell out of tools'),
  'approvals.fetch': notice('is kept; there is no fetch tool yet'),
  'approvals.mcp': notice('is kept; there are no MCP tools yet'),
  'approvals.expires': notice('is kept; nothing asks for approval yet'),
  'effects': acts,

  'retry': part,
  'retry.attempts': acts,
  'retry.delay': acts,
  'retry.maxDelay': acts,
  'retry.factor': acts,
  'retry.jitter': acts,
  ...stepKeys('verify'),

  'schedule': part,
  'schedule.cron': acts,
  'schedule.every': acts,
  'schedule.at': acts,
  'schedule.timezone': acts,
  'schedule.overlap': acts,
  'schedule.catchUp': acts,
  'schedule.catchUpWindow': acts,
  'schedule.task': acts,
  'concurrency': acts,
  'concurrency.runs': acts,
  'concurrency.perUser': acts,
  'concurrency.perKey': acts,
  'concurrency.key': acts,
  'rate': part,
  'rate.runs': acts,
  'rate.per': acts,
  'priority': acts,
  'retention': acts,

  'model_provider': renamed('model'),
  'model_version': renamed('model'),
  'isolated': renamed('isolation'),
  'DESTRUCTIVE_COMMANDS': renamed('commands.deny'),
  'time': renamed('schedule'),
  'repeat': renamed('schedule'),
  'resource_limits': renamed('limits'),
  'resource_limits.max_steps': renamed('limits.steps'),
  'resource_limits.timeout': renamed('limits.time'),
  'resource_limits.max_memory_mb': renamed('limits.memory'),
  'resource_limits.max_cpu_percent': renamed('limits.cpu'),
  'retry_config': renamed('retry'),
  'retry_config.max_retries': renamed('retry.attempts'),
  'retry_config.initial_delay': renamed('retry.delay'),
  'retry_config.max_delay': renamed('retry.maxDelay'),
  'retry_config.exponential_base': renamed('retry.factor'),
  'retry_config.jitter': renamed('retry.jitter'),
}

export function isGitUrl(from: string): boolean {
  return /^(?:https?|ssh|git|file):\/\//.test(from) || /^[\w.-]+@[\w.-]+:/.test(from)
}

/** Of a container no port leads to the worker's sockets. A model's own loop needs none. */
function needsWayOut({ isolation, network, runtime, model }: Manifest): boolean {
  return isolation === 'container' && (network !== 'none' || (runtime !== 'llm' && model.length > 0))
}

/** manifest.md: a model's shell is `auto` inside a sandbox with no network, and else has to ask, which nobody can answer yet. */
function needsApprovalOfShell({ runtime, tools, approvals, network, isolation }: Manifest): boolean {
  if (approvals.shell === 'ask' || approvals.shell === 'deny')
    return true
  const isWalled = network === 'none' && (isolation === null || isolation === 'sandbox' || isolation === 'container')
  return runtime === 'llm' && tools.includes('shell') && approvals.shell === null && !isWalled
}

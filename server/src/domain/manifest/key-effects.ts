import type { Manifest } from './manifest.ts'

/**
 * What each key of a manifest does today, so that none is silently ignored.
 * - acts: it does what its description says.
 * - refuse: it does not act yet and would be unsafe to ignore: `when` answers true for a manifest that cannot run because of it. `say` completes "<key> …".
 * - renamed: a prototype key; normalise.ts says it in today's words.
 * - part: a mapping whose keys stand here one by one.
 */
export type KeyEffect
  = | { now: 'acts' }
    | { now: 'refuse', when: (manifest: Manifest) => boolean, say: string }
    | { now: 'renamed', to: string }
    | { now: 'part' }

const acts: KeyEffect = { now: 'acts' }
const part: KeyEffect = { now: 'part' }
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
  'runtime': acts,
  'inputs': part,
  'inputs.*': part,
  'inputs.*.type': acts,
  'inputs.*.description': acts,
  'inputs.*.required': acts,
  'inputs.*.default': acts,

  'model': acts,
  'cost': acts,
  'instructions': acts,
  'temperature': acts,
  'tools': acts,
  'mcp': refuse(needsServers, 'does not act yet for runtime acp, nor for program: in a container: remove it, or use url: or isolation: sandbox'),
  'mcp.*': part,
  'mcp.*.program': acts,
  'mcp.*.args': acts,
  'mcp.*.url': acts,
  'mcp.*.headers': part,
  'mcp.*.headers.*': acts,
  'mcp.*.tools': acts,
  'mcp.*.timeout': acts,
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
  'agent.parse': acts,
  'agent.mode': acts,

  'workspace': part,
  'workspace.from': acts,
  'workspace.token': acts,
  'workspace.mode': acts,
  'workspace.keep': acts,
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
  'limits.tokens': acts,
  'limits.cost': acts,

  'commands': part,
  'commands.deny': acts,
  'commands.ask': acts,
  'commands.allow': acts,
  'approvals': part,
  'approvals.shell': acts,
  'approvals.files': acts,
  'approvals.fetch': acts,
  'approvals.mcp': acts,
  'approvals.agent': acts,
  'approvals.cost': refuse(manifest => manifest.approvals.costUsd !== null && manifest.runtime !== 'llm', 'does not act for this runtime, whose programs call models by themselves: remove it'),
  'approvals.expires': acts,
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

/** Of a container no port leads to the worker's sockets. A model's own loop needs none. */
function needsWayOut({ isolation, network, runtime, model }: Manifest): boolean {
  return isolation === 'container' && (network !== 'none' || (runtime !== 'llm' && model.length > 0))
}

/** Nothing hands them to somebody else's agent, and a container has no open pipe to a program. */
function needsServers({ runtime, mcp, isolation }: Manifest): boolean {
  const servers = Object.values(mcp)
  return servers.length > 0 && (runtime === 'acp' || (isolation === 'container' && servers.some(({ kind }) => kind === 'stdio')))
}

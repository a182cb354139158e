import type { ModelToolCall } from '../protocol/input.ts'
import type { ToolSpec } from '../protocol/output.ts'
import type { RunContext } from './run-context.ts'
import { actionText } from '../../domain/tool-action.ts'
import { checkToolInput } from '../../mcp/check-input.ts'
import { newEvent } from './new-event.ts'
import { PARKED, unlessStopped } from './run-control.ts'

/** A tool that is no command of the session: the worker's own, or an MCP server's. */
export interface RemoteTool {
  spec: ToolSpec
  /** Rejects when the worker refuses to speak of it. */
  carryOut: (about: CallAbout, input: Record<string, unknown>) => Promise<{ content: string, hasFailed: boolean }>
}

export interface CallAbout { step: number, call: string, tool: string }

/** As runTool: proposal, permission, intent, effect, outcome. The proposal is in the log already. */
export async function runRemoteTool(run: RunContext, about: CallAbout, call: ModelToolCall, tool: RemoteTool): Promise<string> {
  let startedAt: number | null = null
  const finish = (status: 'succeeded' | 'failed' | 'denied', result: string, isCut = false) => {
    const durationMs = startedAt === null ? 0 : Math.round(performance.now() - startedAt)
    const end = isCut ? { end: { exitCode: null, signal: null, ended: 'cancelled' as const, durationMs } } : {}
    run.emit(newEvent('tool.finished', { ...about, status, result, ...end, durationMs }))
    return result
  }
  const parsed = checkToolInput(tool.spec.inputSchema, call.input)
  if (!parsed.ok)
    return finish('failed', `Error: the input of ${call.tool} is malformed: ${parsed.problem}.`)
  const { input } = parsed
  const permission = await unlessStopped(run.control, run.ask({ kind: 'permit', ...about, input }))
  if (permission?.kind === 'parked')
    run.control.stop(PARKED)
  if (permission?.kind === 'decision' && !permission.allow)
    return finish('denied', `Denied: ${permission.reason} (rule ${permission.rule}). Find another way or say that you cannot do it.`)
  const recorded = permission?.kind === 'decision' && await unlessStopped(run.control, run.record(newEvent('tool.started', { ...about, command: actionText(call.tool, input) })).then(() => true))
  if (!recorded)
    return '' // stopped before it began: nobody reads it, and another attempt may do it
  startedAt = performance.now()
  const result = await unlessStopped(run.control, tool.carryOut(about, input))
  if (!result)
    return finish('failed', 'The run was stopped before it had answered.', true)
  return finish(result.hasFailed ? 'failed' : 'succeeded', result.content)
}

/** Those that the worker carries out itself. */
export function workerTools(run: RunContext, specs: ToolSpec[]): RemoteTool[] {
  return specs.map(spec => ({
    spec,
    async carryOut(about, input) {
      const reply = await run.ask({ kind: 'tool', ...about, input })
      return reply.kind === 'tool' ? reply : { content: `Error: the call was answered with ${reply.kind}.`, hasFailed: true }
    },
  }))
}

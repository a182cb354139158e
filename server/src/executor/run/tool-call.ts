import type { CommandEnd } from '../../domain/event.ts'
import type { ModelToolCall } from '../protocol/input.ts'
import type { RemoteTool } from './remote-tool.ts'
import type { RunContext } from './run-context.ts'
import type { Tool, ToolRunner } from './tools.ts'
import { createBoundedText } from './bounded-text.ts'
import { newEvent } from './new-event.ts'
import { runRemoteTool } from './remote-tool.ts'
import { PARKED, unlessStopped } from './run-control.ts'
import { parseToolInput } from './tool-input.ts'

const MAX_RESULT_CHARACTERS = 24 * 1024

export type AnyTool = Tool | RemoteTool

/** One tool call of a model: proposal, permission, intent, effect, outcome. Resolves with what the model is told. */
export async function runTool(run: RunContext, step: number, call: ModelToolCall, tools: AnyTool[]): Promise<string> {
  const about = { step, call: call.id, tool: call.tool }
  const finish = (status: 'succeeded' | 'failed' | 'denied', result: string, end?: CommandEnd) => {
    run.emit(newEvent('tool.finished', { ...about, status, result, ...(end ? { end } : {}), durationMs: end?.durationMs ?? 0 }))
    return result
  }
  run.emit(newEvent('tool.proposed', { ...about, input: call.input ?? null }))
  const tool = tools.find(one => one.spec.name === call.tool)
  if (!tool)
    return finish('failed', `Error: there is no tool "${call.tool}". The tools are: ${tools.map(one => one.spec.name).join(', ')}.`)
  if ('carryOut' in tool)
    return runRemoteTool(run, about, call, tool)
  const parsed = parseToolInput(tool.spec, call.input)
  if (!parsed.ok)
    return finish('failed', `Error: the input of ${call.tool} is malformed: ${parsed.problem}.`)
  const command = tool.command(parsed.input)
  const permission = await unlessStopped(run.control, run.ask({ kind: 'command', step, call: call.id, tool: call.tool, command, ...call.tool !== 'shell' && { input: parsed.input } }))
  if (permission?.kind === 'parked')
    run.control.stop(PARKED)
  if (permission?.kind === 'decision' && !permission.allow)
    return finish('denied', `Denied: ${permission.reason} (rule ${permission.rule}). Find another way or say that you cannot do it.`)
  run.warm()
  const recorded = permission?.kind === 'decision' && await unlessStopped(run.control, run.record(newEvent('tool.started', { ...about, command })).then(() => true))
  if (!recorded)
    return '' // stopped before it began: nobody reads it, and another attempt may do it
  const result = await tool.execute(parsed.input, runnerFor(run, step, call.id))
  return finish(result.hasFailed ? 'failed' : 'succeeded', result.content, result.end)
}

function runnerFor(run: RunContext, step: number, call: string): ToolRunner {
  return {
    async run(command, options = {}) {
      const maxCharacters = options.maxCharacters ?? MAX_RESULT_CHARACTERS
      const text = createBoundedText(Math.ceil(maxCharacters / 2), Math.floor(maxCharacters / 2))
      const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() }
      const end = await run.command(command, {
        timeoutMs: options.timeoutMs ?? run.start.commandTimeoutMs,
        ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
        owner: options.isShown ? { step, call } : null,
        onBytes: (stream, bytes) => text.add(decoders[stream].decode(bytes, { stream: true })),
      })
      text.add(decoders.stdout.decode() + decoders.stderr.decode())
      return { output: text.toString().replaceAll('\0', '\uFFFD'), isCut: text.isCut, end }
    },
  }
}

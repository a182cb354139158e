import type { LlmWork, ModelToolCall, ReplyValue } from '../protocol/input.ts'
import type { ModelMessage, ToolSpec } from '../protocol/output.ts'
import type { RunContext } from './run-context.ts'
import type { RunEnd } from './run-control.ts'
import type { AnyTool } from './tool-call.ts'
import { AskRefused } from '../channel.ts'
import { INSIDE } from '../sandbox/layout.ts'
import { shortened } from './conversation.ts'
import { startMcpServers } from './mcp-servers.ts'
import { newEvent } from './new-event.ts'
import { workerTools } from './remote-tool.ts'
import { PARKED, unlessStopped } from './run-control.ts'
import { COMPLETED } from './script.ts'
import { runTool } from './tool-call.ts'
import { toolsFor } from './tools.ts'

/** A model that works with tools: one turn a step, until it asks for no more tools. */
export async function runLlm(run: RunContext, work: LlmWork): Promise<{ end: RunEnd, nextStep: number }> {
  const messages: ModelMessage[] = [
    { role: 'system', content: instructionsOf(run, work) },
    { role: 'user', content: work.task || 'Do what your instructions say.' },
    ...work.resume?.messages ?? [],
  ]
  const { resume } = work
  if (resume?.isAnswered)
    return { end: COMPLETED, nextStep: run.start.firstStep }
  const servers = await unlessStopped(run.control, startMcpServers(run, work.servers))
  if (!servers)
    return { end: run.control.stopped!, nextStep: run.start.firstStep } // unlessStopped gives nothing only then.
  if ('problem' in servers)
    return { end: { reason: 'error', detail: servers.problem, canPass: true }, nextStep: run.start.firstStep }
  const tools: AnyTool[] = [...toolsFor(work.tools), ...workerTools(run, work.workerTools), ...servers.tools]
  if (resume?.turn) {
    const end = await finishTurn(run, resume.turn, messages, tools)
    if (end)
      return { end, nextStep: run.start.firstStep }
  }
  for (let step = run.start.firstStep; ; step++) {
    if (step > run.start.limits.steps)
      return { end: run.limits.reach('steps', step), nextStep: step }
    run.limits.use('steps', step)
    const finish = beginStep(run, step, 1)
    const turn = await modelTurn(run, step, shortened(messages), tools.map(tool => tool.spec))
    if ('end' in turn)
      return { end: finish(turn.end), nextStep: step + 1 }
    messages.push({ role: 'assistant', content: turn.text, toolCalls: turn.toolCalls, ...turn.continuation && { continuation: turn.continuation } })
    const stopped = await callTools(run, step, turn.toolCalls, messages, tools)
    if (stopped)
      return { end: finish(stopped), nextStep: step + 1 }
    if (turn.toolCalls.length === 0)
      return { end: finish(endOfAnswer(turn.finish)), nextStep: step + 1 }
    finish(null)
  }
}

/** A turn whose model has answered in an earlier attempt, and some of whose calls have not been done. */
async function finishTurn(run: RunContext, turn: { step: number, calls: ModelToolCall[] }, messages: ModelMessage[], tools: AnyTool[]): Promise<RunEnd | null> {
  const { step, calls } = turn
  const finish = beginStep(run, step, 2)
  const stopped = await callTools(run, step, calls, messages, tools)
  finish(stopped)
  return stopped
}

/** Returns what ends the step. */
function beginStep(run: RunContext, step: number, tryNumber: number): <End extends RunEnd | null>(end: End) => End {
  const startedAt = performance.now()
  run.emit(newEvent('step.started', { step, name: 'model turn', kind: 'model', try: tryNumber }))
  return (end) => {
    if (run.control.stopped === PARKED)
      return end // the turn goes on with the answer
    const status = end && end.reason !== 'completed' ? 'failed' : 'succeeded'
    run.emit(newEvent('step.finished', { step, status, ...(end?.detail ? { detail: end.detail } : {}), durationMs: Math.round(performance.now() - startedAt) }))
    return end
  }
}

/** One after another; the end when the run is stopped meanwhile. */
async function callTools(run: RunContext, step: number, calls: ModelToolCall[], messages: ModelMessage[], tools: AnyTool[]): Promise<RunEnd | null> {
  for (const call of calls) {
    const content = await runTool(run, step, call, tools)
    if (run.control.stopped)
      return run.control.stopped
    messages.push({ role: 'tool', callId: call.id, tool: call.tool, content })
  }
  return null
}

type Turn = { end: RunEnd } | Extract<ReplyValue, { kind: 'model' }>

async function modelTurn(run: RunContext, step: number, messages: ModelMessage[], tools: ToolSpec[]): Promise<Turn> {
  let reply: ReplyValue | undefined
  try {
    reply = await unlessStopped(run.control, run.ask({ kind: 'model', step, messages, tools }))
  }
  catch (error) {
    if (error instanceof AskRefused)
      return { end: { reason: 'error', detail: error.message, canPass: true } }
    throw error
  }
  if (!reply)
    return { end: run.control.stopped! } // unlessStopped gives nothing only then.
  if (reply.kind === 'parked') {
    run.control.stop(PARKED)
    return { end: PARKED }
  }
  return reply.kind === 'model' ? reply : { end: { reason: 'error', detail: `a model's turn was answered with ${reply.kind}`, canPass: true } }
}

function endOfAnswer(finish: string): RunEnd {
  if (finish === 'length')
    return { reason: 'error', detail: 'the model\'s last answer was cut at its length limit', canPass: true }
  if (finish === 'content_filter')
    return { reason: 'error', detail: 'the model\'s provider withheld the answer (content filter)', canPass: false }
  return finish === 'error' ? { reason: 'error', detail: 'the model ended with an error', canPass: true } : COMPLETED
}

function instructionsOf(run: RunContext, work: LlmWork): string {
  const folder = run.start.sandbox.level === 'sandbox' ? INSIDE.workspace : run.start.sandbox.workspacePath
  const inputs = Object.entries(work.inputs).map(([name, value]) => `- ${name}: ${value}`)
  return [
    work.instructions.trim(),
    [
      `Your tools work in the folder ${folder}${run.start.sandbox.workspaceMode === 'read-only' ? ', which you may only read' : ''}.`,
      ...networkSentence(run.start.sandbox),
      'When you are done, answer without calling a tool.',
    ].join(' '),
    ...(inputs.length > 0 ? [`Inputs:\n${inputs.join('\n')}`] : []),
  ].filter(Boolean).join('\n\n')
}

/** At the other levels nobody keeps it from the network, and nothing is said of it. */
function networkSentence({ level, network }: RunContext['start']['sandbox']): string[] {
  if (level !== 'sandbox' && level !== 'container')
    return []
  if (network === 'none')
    return ['There is no network.']
  const hosts = network === 'open' ? 'every public host' : network.join(', ')
  return [`HTTP and HTTPS lead to ${hosts} through the proxy that $HTTPS_PROXY names; there is no other network.`]
}

import type { Writable } from 'node:stream'
import type { AcpWork } from '../../protocol/input.ts'
import type { LineReader } from '../output.ts'
import type { RunContext } from '../run-context.ts'
import type { RunEnd } from '../run-control.ts'
import type { StepReader } from '../step.ts'
import type { Phase } from './dialogue.ts'
import type { Wire } from './wire.ts'
import { setTimeout as delay } from 'node:timers/promises'
import { INSIDE } from '../../sandbox/layout.ts'
import { createAgentTeller } from '../agent-teller.ts'
import { commandOf } from '../command.ts'
import { asObject } from '../json.ts'
import { COMPLETED } from '../script.ts'
import { failureOf, runStep } from '../step.ts'
import { talk } from './dialogue.ts'
import { askPermission } from './permission.ts'
import { saidByUpdate } from './update.ts'
import { createWire } from './wire.ts'

/** The longest message of an agent. */
const MAX_LINE_BYTES = 4 * 1024 * 1024
/** For an agent that is done and has nothing to read any more. */
const LEAVE_MS = 2000

/** Somebody else's agent that speaks the Agent Client Protocol: the main process of its sandbox, and one turn of it, the task, is the step. */
export async function runAcp(run: RunContext, work: AcpWork): Promise<{ end: RunEnd, nextStep: number }> {
  const step = run.start.firstStep
  if (work.done.some(({ place }) => place === 0))
    return { end: COMPLETED, nextStep: step }
  if (step > run.start.limits.steps)
    return { end: run.limits.reach('steps', step), nextStep: step }
  run.limits.use('steps', step)
  const { end } = await runStep(run, { step, place: 0 }, {
    name: work.argv[0]!, // The manifest has a command.
    run: commandOf(work.argv),
    timeoutMs: run.start.limits.timeMs,
    retry: { attempts: 1, delayMs: 0 },
    if: null,
    continueOnError: false,
    idempotent: false,
    secrets: [],
  }, speakerFor(run, work, step))
  return { end: end ?? COMPLETED, nextStep: step + 1 }
}

function speakerFor(run: RunContext, work: AcpWork, step: number): StepReader {
  const teller = createAgentTeller({ step, tell: run.tell, keepRaw: run.keepRaw })
  const leave = new AbortController()
  let wire: Wire | null = null
  let talking: Promise<RunEnd> | null = null
  let breach: RunEnd | null = null
  let verdict: RunEnd | null = null
  let phase: Phase = 'start'
  const lines: LineReader = {
    maxBytes: MAX_LINE_BYTES,
    take: line => wire?.take(line) ?? false,
    tooLong: () => onBreach(`it wrote a line of more than ${MAX_LINE_BYTES} bytes`),
    hasRoom: teller.hasRoom,
    onRoom: () => {},
    finish: () => teller.finish('The agent ended before it said how this ended.'),
  }
  teller.onRoom = () => lines.onRoom()
  // The run's own clock comes first, and leaves it the grace to end its turn.
  return { lines, converse, signal: leave.signal, timeoutMs: run.start.limits.timeMs + 2 * run.start.graceMs, judge }

  function converse(input: Writable): void {
    wire = createWire(input, { onNotification, onRequest, onBreach })
    talking = talk({
      wire,
      teller,
      work,
      cwd: run.start.sandbox.level === 'sandbox' || run.start.sandbox.level === 'container' ? INSIDE.workspace : run.start.sandbox.workspacePath,
      graceMs: run.start.graceMs,
      signal: run.control.signal,
      onPhase: next => phase = next,
    })
    // Before its turn there is nothing that it could end by itself.
    run.control.signal.addEventListener('abort', () => phase === 'turn' || wire?.close(), { once: true })
    void talking.then((end) => {
      verdict = end
      return endProcess(input)
    })
  }

  /** It ends when it reads no more, or it is made to. */
  async function endProcess(input: Writable): Promise<void> {
    input.end()
    await delay(breach || run.control.stopped ? 0 : LEAVE_MS, undefined, { signal: run.control.signal }).catch(() => {})
    leave.abort()
  }

  function onNotification(method: string, params: Record<string, unknown>): void {
    if (method !== 'session/update' || phase === 'replay')
      return
    for (const said of saidByUpdate(asObject(params.update) ?? {}))
      teller.say(said)
  }

  function onRequest(method: string, params: Record<string, unknown>): Promise<object> | null {
    return method === 'session/request_permission'
      ? askPermission(run, { step, params, teller })
      : null
  }

  function onBreach(detail: string): void {
    breach ??= { reason: 'error', detail: `broke the protocol (ACP): ${detail}`, canPass: false }
    run.keepRaw()
    wire?.close()
    leave.abort()
  }

  /** The agent's own word on its turn; how its process ended tells only why there is none. */
  async function judge(...[end, timeoutMs]: Parameters<typeof failureOf>): Promise<RunEnd | null> {
    await new Promise(setImmediate) // Its last line may have been its answer.
    const own = breach ?? verdict
    wire?.close()
    if (own)
      return own.reason === 'completed' ? null : own
    return failureOf(end, timeoutMs) ?? await talking
  }
}

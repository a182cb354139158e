import type { CommandEnd, RunEvent } from '../event.ts'
import type { CallToDo, ConversationMessage, DoneStep, OpenEffect, SoFar } from './so-far.ts'
import { effectName } from './so-far.ts'

/** The events that the fold reads; the others, output above all, need not be fetched. */
export const RESUME_EVENTS = [
  'attempt.started',
  'attempt.lost',
  'attempt.ended',
  'workspace.prepared',
  'step.started',
  'step.finished',
  'model.responded',
  'tool.started',
  'tool.finished',
  'effect.settled',
  'message.sent',
  'agent.session',
] as const satisfies RunEvent['type'][]

/**
 * Folds the log of a run into the place where another attempt goes on. What was cut short by the end of its worker or executor counts as
 * open even when its end is in the log: the run was killed in the middle of it. `isLlm`: the model is the run's own loop, and not what its
 * programs call.
 */
export function foldSoFar(events: Iterable<RunEvent>, { isLlm }: { isLlm: boolean }): SoFar {
  const fold = createFold(isLlm)
  for (const event of events)
    fold.take(event)
  return fold.end()
}

interface Turn { step: number, calls: CallToDo[] }

function createFold(isLlm: boolean): { take: (event: RunEvent) => void, end: () => SoFar } {
  const done = new Map<number, DoneStep>()
  const messages: ConversationMessage[] = []
  const open = new Map<string, OpenEffect>()
  /** Of this attempt: what was ended from outside. If the attempt is lost, nobody knows what became of it. */
  let cutShort: { effect: OpenEffect, undo: () => void }[] = []
  let turn: Turn | null = null
  let isAnswered = false
  let session: string | null = null
  let hasWorkspace = false
  let needsWorkspace = false

  function take(event: RunEvent): void {
    switch (event.type) {
      case 'attempt.started':
        cutShort = []
        return
      case 'attempt.lost':
        return reopen()
      case 'attempt.ended':
        if (event.data.reason === 'interrupted')
          return reopen()
        session = null // it came to an end of its own: another attempt begins again
        return
      case 'agent.session':
        session = event.data.canLoad ? event.data.session : null
        return
      case 'workspace.prepared':
        hasWorkspace = true
        return
      case 'step.started':
        if (event.data.kind === 'command')
          begin({ step: event.data.step, call: null, place: event.data.place ?? null, name: event.data.name, command: event.data.command ?? '', startedAt: event.at })
        return
      case 'step.finished':
        return finishStep(event.data)
      case 'model.responded':
        return isLlm && event.data.error === undefined ? answer(event.data) : undefined
      case 'message.sent':
        return say(event.data.text)
      case 'tool.started':
        // The calls of somebody else's agent are its own: the agent is the effect.
        if (!isLlm)
          return
        return begin({ step: event.data.step, call: event.data.call, place: null, name: event.data.tool, command: event.data.command, startedAt: event.at })
      case 'tool.finished':
        return finishCall(event.data)
      case 'effect.settled':
        if (event.data.as === 'repeat' || event.data.as === 'told' || event.data.as === 'interrupted')
          open.delete(event.data.effect)
    }
  }

  function begin(about: Omit<OpenEffect, 'effect'>): void {
    const effect = effectName(about.step, about.call)
    open.set(effect, { effect, ...about })
    needsWorkspace = true
  }

  function finishStep(data: Extract<RunEvent, { type: 'step.finished' }>['data']): void {
    const effect = effectName(data.step, null)
    const begun = open.get(effect)
    open.delete(effect)
    if (!begun || begun.place === null)
      return
    const { place, name } = begun
    const isCut = isCutShort(data.end)
    if (isCut)
      cutShort.push({ effect: begun, undo: () => done.delete(place) })
    if (data.status !== 'failed' || data.continued)
      done.set(place, { place, name, status: data.status, exitCode: data.end?.exitCode ?? null })
    else if (isAnswered && !isCut)
      failCheck(name, data.detail ?? '')
  }

  /** The model goes on, and its checks have to hold again. */
  function failCheck(name: string, detail: string): void {
    say(`The check "${name}" failed: ${detail}. Find out why, mend it, and answer when you are done.`)
  }

  function say(content: string): void {
    messages.push({ role: 'user', content })
    isAnswered = false
    done.clear()
  }

  function answer({ step, text, toolCalls, finish, continuation }: Extract<RunEvent, { type: 'model.responded' }>['data']): void {
    if (toolCalls.length === 0 && finish !== 'stop')
      return // cut or withheld: it is asked again
    messages.push({ role: 'assistant', content: text, toolCalls, ...continuation && { continuation } })
    turn = toolCalls.length > 0 ? { step, calls: [...toolCalls] } : null
    isAnswered = toolCalls.length === 0
    done.clear()
  }

  function finishCall({ step, call, tool, result, end }: Extract<RunEvent, { type: 'tool.finished' }>['data']): void {
    const effect = effectName(step, call)
    const begun = open.get(effect)
    open.delete(effect)
    const asked = turn?.calls.find(({ id }) => id === call)
    if (!turn || turn.step !== step || !asked)
      return // of a program that calls models by itself
    const before = turn
    turn = { step, calls: turn.calls.filter(({ id }) => id !== call) }
    const message: ConversationMessage = { role: 'tool', callId: call, tool, content: result }
    messages.push(message)
    if (begun && isCutShort(end)) {
      cutShort.push({
        effect: begun,
        undo: () => {
          messages.splice(messages.indexOf(message), 1)
          turn = before
        },
      })
    }
  }

  function reopen(): void {
    for (const { effect, undo } of cutShort.reverse()) {
      undo()
      open.set(effect.effect, effect)
    }
    cutShort = []
  }

  function end(): SoFar {
    const isTurnOpen = turn !== null && turn.calls.length > 0
    return {
      done: [...done.values()],
      messages,
      turn: isTurnOpen ? turn : null,
      isAnswered,
      session,
      open: [...open.values()],
      kept: done.size + messages.filter(({ role }) => role !== 'user').length,
      hasWorkspace,
      needsWorkspace,
    }
  }

  return { take, end }
}

function isCutShort(end: CommandEnd | undefined): boolean {
  return end?.ended === 'cancelled' || end?.ended === 'killed' || end?.ended === 'lost'
}

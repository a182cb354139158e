import type { RunEvent } from '../../src/domain/event.ts'

type Requested = Extract<RunEvent, { type: 'approval.requested' }>['data']

/** Holds what was begun against what people were asked: nothing that needs leave begins before it is given, nor twice on one leave. */
export function createGate(): { take: (event: RunEvent) => void, wrong: string[] } {
  const wrong: string[] = []
  const asked = new Map<string, Requested>()
  const decided = new Set<string>()
  /** By what was asked about: how often it may still be begun. */
  const leave = new Map<string, number>()

  function take(event: RunEvent): void {
    switch (event.type) {
      case 'approval.requested':
        asked.set(event.data.approval, event.data)
        leave.set(placeOf(event.data), leave.get(placeOf(event.data)) ?? 0)
        return
      case 'approval.decided':
        return decide(event.data, event.seq)
      case 'tool.started':
        return begin(placeOf(event.data), event.seq)
      case 'step.started':
        if (event.data.kind === 'command' && event.data.try === 1 && event.data.timeoutMs !== undefined)
          begin(placeOf(event.data), event.seq) // one that was refused has no time
    }
  }

  function decide({ approval, as }: Extract<RunEvent, { type: 'approval.decided' }>['data'], seq: number): void {
    const question = asked.get(approval)
    if (!question || decided.has(approval))
      wrong.push(`event ${seq} decides ${approval}, which ${question ? 'has been decided' : 'nobody has asked'}`)
    decided.add(approval)
    if (question && (as === 'once' || as === 'always'))
      leave.set(placeOf(question), (leave.get(placeOf(question)) ?? 0) + (as === 'always' ? Infinity : 1))
  }

  function begin(place: string, seq: number): void {
    const left = leave.get(place)
    if (left === undefined)
      return // nobody was asked about it
    if (left < 1)
      wrong.push(`event ${seq} begins ${place} without leave`)
    leave.set(place, left - 1)
  }

  return { take, wrong }
}

function placeOf({ step, call }: { step: number, call?: string | undefined }): string {
  return call === undefined ? `step ${step}` : `step ${step}, call ${call}`
}

import type { RunEvent } from '@agentos/server/domain/event'

/** Whether somebody has asked for the workspace to be kept and waits; why what was asked for last could not be kept. */
export function snapshotState(events: RunEvent[]): { isAsked: boolean, problem: string | null } {
  const last = events.findLast(({ type, data }) => type === 'workspace.keep_requested' || type === 'workspace.kept' || (type === 'artifact.lost' && 'name' in data && data.name === 'workspace'))
  return {
    isAsked: last?.type === 'workspace.keep_requested',
    problem: last?.type === 'artifact.lost' ? last.data.detail : null,
  }
}

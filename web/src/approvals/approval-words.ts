import type { ApprovalView } from '@agentos/server/domain/views/approval'

/** What became of a question, in a sentence. */
export function stateWords({ state, decidedBy, note }: Pick<ApprovalView, 'state' | 'decidedBy' | 'note'>): string {
  const why = note === null ? '.' : `: ${note}`
  switch (state) {
    case 'pending': return 'Waits for an answer.'
    case 'once': return `Approved once by ${decidedBy}${why}`
    case 'always': return `Approved for always by ${decidedBy}${why}`
    case 'deny': return `Denied by ${decidedBy}${why}`
    case 'expired': return 'Nobody answered in time.'
    case 'withdrawn': return 'Its run ended before anybody answered.'
  }
}

/** The codes that a program may act on; the message is for a person. */
export type DatabaseErrorCode
  /** Another process has the database open, or holds its write lock for longer than we wait; or transactions waited for each other again and again. */
  = | 'held' | 'busy'
    /** Not a database, torn, or cut short. */
    | 'damaged'
    /** Written by a newer program. */
    | 'newer'
    | 'read_only' | 'full' | 'unreachable' | 'refused' | 'migration' | 'address'

export class DatabaseError extends Error {
  override readonly name = 'DatabaseError'
  readonly code: DatabaseErrorCode

  constructor(code: DatabaseErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** The run was taken away: cancelled, rescued or ended by somebody else. Nothing of the refused write was stored. */
export class FenceLostError extends Error {
  override readonly name = 'FenceLostError'
  readonly runId: string
  readonly fence: number

  constructor(runId: string, fence: number) {
    super(`run ${runId} is no longer held under fence ${fence}: another worker has it, or it has ended`)
    this.runId = runId
    this.fence = fence
  }
}

/** Somebody gave a place in a list or a log that there is none of. */
export class CursorError extends Error {
  override readonly name = 'CursorError'
}

/** A backup cannot be made or put back. The message is for the person who asked: what was expected, what came, what to do. */
export class BackupError extends Error {
  override readonly name = 'BackupError'
}

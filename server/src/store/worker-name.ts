/** A worker's actor: `<host>:<pid>:<when it started>`, unique among all processes that ever were. A host's name has no colon. */
export function hostOfWorker(worker: string | null): string | null {
  return worker?.split(':')[0] || null
}

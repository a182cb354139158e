/** The most that a model is told of one tool call, in characters. */
export const MAX_RESULT_CHARACTERS = 24 * 1024

export interface Kept {
  /** The artifact that holds the whole; null when it could not be kept. */
  name: string | null
  problem?: string | undefined
}

/** Head and tail of a result that is too long for the model, with where the whole is. */
export function shownResult(text: string, kept: Kept): string {
  if (text.length <= MAX_RESULT_CHARACTERS)
    return text
  const half = MAX_RESULT_CHARACTERS / 2
  const where = kept.name === null ? `the whole could not be kept${kept.problem === undefined ? '' : ` (${kept.problem})`}` : `the whole is kept as ${kept.name}: read_result shows any part of it`
  return `${text.slice(0, half)}\n[… ${text.length - 2 * half} characters left out here; ${where} …]\n${text.slice(-half)}`
}

/** The artifact that holds the whole of what one call brought; of a call that is done again the newer one is kept. */
export function resultName({ step, call, tool }: { step: number, call: string, tool: string }, ending: string): string {
  const plain = (text: string) => text.replace(/[^\w-]/g, '_')
  return `step-${step}-${plain(tool).slice(0, 40)}-${plain(call).slice(-24)}.${ending}`
}

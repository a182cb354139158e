export interface ModelTimeouts {
  /** Until the first part of the answer. */
  firstByteMs: number
  /** Between two parts. */
  idleMs: number
}

/** Aborts when the caller does, or when nothing has been heard for too long. */
export function watchSilence(outer: AbortSignal, { firstByteMs, idleMs }: ModelTimeouts) {
  const silent = new AbortController()
  let boundMs = firstByteMs
  let timer = setTimeout(expire, boundMs)
  function expire() {
    silent.abort(new Error('silent for too long'))
  }
  return {
    signal: AbortSignal.any([outer, silent.signal]),
    heard() {
      clearTimeout(timer)
      boundMs = idleMs
      timer = setTimeout(expire, boundMs)
    },
    tooLongMs: () => silent.signal.aborted ? boundMs : null,
    stop: () => clearTimeout(timer),
  }
}

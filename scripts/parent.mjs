import process from 'node:process'

const LOOK_EVERY_MS = 1000

/**
 * npx puts a shell between itself and us, which does not pass a SIGTERM on: we would live on with nobody to stop us. So we
 * stop as well when whoever started us is gone. Only under npm: elsewhere a process may well outlive its parent (nohup).
 */
export function stopWithParent(stop) {
  if (!process.env.npm_lifecycle_event || process.platform === 'win32')
    return
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid !== parent) {
      clearInterval(timer)
      stop()
    }
  }, LOOK_EVERY_MS)
  timer.unref()
}

/** `0.4 s`, `12 s`, `3:07`, `1:02:45`. */
export function formatMs(ms: number): string {
  if (ms < 9_950)
    return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60)
    return `${seconds} s`
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const two = (value: number) => String(value).padStart(2, '0')
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`
}

/** `12 s ago`, `5 m ago`, `3 h ago`, `4 d ago`. */
export function formatAgo(at: string, now = Date.now()): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(at)) / 1000))
  const [size, unit] = seconds < 60 ? [1, 's'] : seconds < 3_600 ? [60, 'm'] : seconds < 86_400 ? [3_600, 'h'] : [86_400, 'd']
  return `${Math.floor(seconds / Number(size))} ${unit} ago`
}

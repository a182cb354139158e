import type { Config } from './config/config.ts'

/** Under which name our own API is reached from outside. */
export function publicHosts({ publicUrl }: Config): string[] {
  return publicUrl === null ? [] : [new URL(publicUrl).hostname]
}

/** A server on every interface is reached on this machine by its loopback name. */
export function addressOf(host: string, port: number): string {
  if (host === '0.0.0.0' || host === '::')
    return `http://127.0.0.1:${port}`
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

import { readdirSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'

export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  }
  catch {
    // It is gone already.
  }
}

/** A zombie that nobody has waited for yet does not count. */
export function isAlive(pid: number): boolean {
  return !['', 'Z', 'X'].includes(statOf(pid)?.state ?? '')
}

/** All below it, children of children too. */
export function childrenOf(parent: number): number[] {
  const parents = allPids().map(pid => ({ pid, parent: statOf(pid)?.parent }))
  const below = (above: number): number[] => parents.filter(one => one.parent === above).flatMap(({ pid }) => [pid, ...below(pid)])
  return below(parent)
}

/** Its own children alone: what an executor has just forked is still called as it is. */
export function executorsOf(server: number): number[] {
  return allPids().filter(pid => statOf(pid)?.parent === server).filter(pid => read(`/proc/${pid}/cmdline`).includes('/executor'))
}

/** Processes of this machine that have the word in their command line or environment, but this one. */
export function processesWith(word: string): string[] {
  return allPids().filter(pid => pid !== process.pid).flatMap((pid) => {
    const [commandLine, environment] = [read(`/proc/${pid}/cmdline`), read(`/proc/${pid}/environ`)]
    return commandLine.includes(word) || environment.includes(word) ? [`${pid} ${commandLine.replaceAll('\0', ' ')}`] : []
  })
}

/** What is left after a moment in which what is ending may end. */
export async function leftOf(word: string, waitMs = 3_000): Promise<string[]> {
  const until = performance.now() + waitMs
  while (processesWith(word).length > 0 && performance.now() < until)
    await pause(50)
  return processesWith(word)
}

/** The most memory that a process has had. */
export function peakBytes(pid: number): number {
  return Number(/VmHWM:\s+(\d+)/.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) * 1024
}

function allPids(): number[] {
  return readdirSync('/proc').filter(name => /^\d+$/.test(name)).map(Number)
}

/** The name of the program stands in brackets, and may have any character. */
function statOf(pid: number): { state: string, parent: number } | null {
  const [state, parent] = read(`/proc/${pid}/stat`).replace(/^.*\) /s, '').split(' ')
  return state && parent ? { state, parent: Number(parent) } : null
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  }
  catch {
    return '' // it has just ended, or is not ours
  }
}

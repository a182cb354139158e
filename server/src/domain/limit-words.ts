import type { LimitKeeper, LimitKeepers, LimitName } from './limits.ts'

/** What a limit is called in a sentence. */
export const LIMIT_WORDS: Record<LimitName, string> = {
  time: 'time',
  cpuTime: 'CPU time',
  steps: 'steps',
  memory: 'memory',
  processes: 'processes',
  files: 'open files',
  output: 'output',
  disk: 'disk space',
  tokens: 'tokens',
  cost: 'cost',
}

/** How a limit is kept, as a part of a sentence about it. */
export const KEEPER_WORDS: Record<LimitKeeper, string> = {
  cgroup: 'kept by the kernel for the whole run',
  rlimit: 'kept by the kernel for each process',
  watched: 'measured about once a second; the run is ended when it is over',
  counted: 'counted as it happens; the run is ended when it is over',
  reserved: 'reserved before each call to a model: none is made that could go over',
  none: 'nothing keeps this limit here',
}

export function isKept(keepers: readonly LimitKeeper[]): boolean {
  return keepers.some(keeper => keeper !== 'none')
}

/** One sentence about what keeps a limit, the strictest first. */
export function keptInWords(keepers: readonly LimitKeeper[]): string {
  const real = keepers.filter(keeper => keeper !== 'none')
  return (real.length > 0 ? real : ['none' as const]).map(keeper => KEEPER_WORDS[keeper]).join('; ')
}

/** Limits by what keeps them first: `memory, processes, cpu: cgroup · files: rlimit`. Those that nothing keeps are left out. */
export function keepersInWords(keepers: LimitKeepers, names: readonly (keyof LimitKeepers)[]): string {
  const kept = names.filter(name => isKept(keepers[name]))
  return [...Map.groupBy(kept, name => keepers[name].filter(keeper => keeper !== 'none').join('+'))]
    .map(([how, limits]) => `${limits.map(name => name === 'cpu' ? 'cpu' : LIMIT_WORDS[name]).join(', ')}: ${how}`)
    .join(' · ')
}

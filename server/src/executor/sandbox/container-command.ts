import type { RunLimits } from '../../domain/views/run.ts'
import type { SandboxSpec } from '../protocol/input.ts'
import type { Engine } from './engine.ts'
import { INSIDE } from './layout.ts'
import { quote } from './shell-script.ts'

/** What the command line of a container is made of. */
export interface ContainerOptions {
  name: string
  runId: string
  spec: SandboxSpec
  limits: RunLimits
  /** Host path of a folder with nothing in it, to lie over what is hidden. */
  emptyPath: string
  /** The owner of its workspace: whom its processes run as. */
  user: { uid: number, gid: number }
  /** The most that we may give of each rlimit: our own hard limits; null where there is none. */
  ceilings: { processes: number | null, files: number | null, fileBytes: number | null }
}

/** The label by which a run's containers are found again. */
export const RUN_LABEL = 'agentos.run'
/** podman gives itself no more than this. */
const MAX_USER_PROCESSES = 32_768

/** Why no container can be made of this; null when one can. */
export function whyNoContainer({ image, network, loopback }: SandboxSpec): string | null {
  if (image === null)
    return 'isolation container needs an image: name it in the manifest (image:)'
  if (!/^[a-z0-9][\w.\-/:@]*$/i.test(image))
    return `${JSON.stringify(image)} is not the name of a container image, such as debian:12 or registry.example.com/tools:1`
  if (network !== 'none' || loopback.length > 0)
    return 'a container has no way to a network or to models for its programs yet: leave network and model out, or use isolation sandbox'
  return null
}

/**
 * `podman run …`: the container lives as long as its first process reads, which is as long as we hold its standard input: it
 * ends with us. No value of a manifest but its image is a word of its own here, and that one cannot be an option.
 */
export function runArguments(engine: Engine, o: ContainerOptions): string[] {
  const { spec, limits } = o
  const temporaryBytes = Math.min(limits.memoryBytes, limits.diskBytes)
  const isPodman = engine.name === 'podman'
  return [
    'run',
    '--interactive',
    '--rm',
    '--name',
    o.name,
    '--label',
    `${RUN_LABEL}=${o.runId}`,
    '--pull',
    'never',
    '--network',
    'none',
    '--read-only',
    // Else podman lays temporary folders with no bounds over /run and /var/tmp, and makes volumes of what an image calls so.
    ...(isPodman ? ['--read-only-tmpfs=false', '--image-volume', 'ignore'] : []),
    '--no-healthcheck',
    '--cap-drop',
    'ALL',
    '--security-opt',
    'no-new-privileges',
    ...(isPodman && engine.isRootless ? ['--userns', 'keep-id'] : []),
    '--user',
    `${o.user.uid}:${o.user.gid}`,
    ...limitArguments(engine, o),
    '--shm-size',
    `${temporaryBytes}b`,
    ...mounts(o, temporaryBytes).flatMap(fields => ['--mount', fields.map(csvField).join(',')]),
    '--workdir',
    '/',
    '--entrypoint',
    '/bin/sh',
    spec.image ?? '',
    '-c',
    FIRST_PROCESS,
  ]
}

/** It says that it is there, and then reads to the end. After each line it makes a child and waits for it, and so for orphans too. */
const FIRST_PROCESS = 'echo ready; while read -r line; do ( : ); done'

/** In the environment of the command line: the values that `execArguments` names. A secret is no argument that others can see. */
export const PASSED = { script: 'AGENTOS_SCRIPT', value: (index: number) => `AGENTOS_VALUE_${index}` } as const

export interface ExecOptions {
  container: string
  /** Names of the command's variables; their values are passed by number. */
  names: string[]
  /** Variables of ours, with values that anybody may see. */
  fixed: Record<string, string>
  /** Folders before those of the image's PATH. */
  path: string[]
  hasInput: boolean
}

/** `podman exec …`: one command, in a shell of its own. */
export function execArguments(o: ExecOptions): string[] {
  const passed = [PASSED.script, ...o.names.map((_, index) => PASSED.value(index))]
  return [
    'exec',
    ...(o.hasInput ? ['--interactive'] : []),
    ...passed.flatMap(name => ['--env', name]),
    o.container,
    '/bin/sh',
    '-c',
    [
      ...Object.entries(o.fixed).map(([name, value]) => `export ${name}=${quote(value)}`),
      ...o.names.map((name, index) => `export ${name}="$${PASSED.value(index)}"`),
      ...(o.path.length > 0 ? [`export PATH=${quote(o.path.join(':'))}:"$PATH"`] : []),
      `cd ${INSIDE.workspace} || exit`,
      'umask 022',
      `set -- "$${PASSED.script}"`,
      `unset OLDPWD ${passed.join(' ')}`,
      'exec /bin/sh -c "$1"',
    ].join('\n'),
  ]
}

/** Ends what carries a mark in its environment; for a command whose time is over. */
export function killArguments(container: string, mark: string, signal: 'TERM' | 'KILL'): string[] {
  const script = [
    `for file in $(grep -l -e ${quote(mark)} /proc/[0-9]*/environ 2>/dev/null); do`,
    `pid=\${file#/proc/}; pid=\${pid%/environ}`,
    `[ "$pid" = $$ ] || [ "$pid" = 1 ] || kill -s ${signal} "$pid" 2>/dev/null`,
    'done; :',
  ].join('\n')
  return ['exec', container, '/bin/sh', '-c', script]
}

export function removeArguments(engine: Pick<Engine, 'name'>, containers: string[]): string[] {
  return ['rm', '--force', ...(engine.name === 'podman' ? ['--time', '0'] : []), ...containers]
}

function limitArguments(engine: Engine, { limits, ceilings }: ContainerOptions): string[] {
  const atMost = (wanted: number, ceiling: number | null) => ceiling === null ? wanted : Math.min(wanted, ceiling)
  const files = atMost(limits.files, ceilings.files)
  const fileBytes = atMost(limits.diskBytes, ceilings.fileBytes)
  // Of all processes of the user on the machine: it is no limit of the run, but the engine's own would be more than we may give.
  const userProcesses = atMost(MAX_USER_PROCESSES, ceilings.processes)
  return [
    // The same again is the sum with swap: none of it.
    ...(engine.keeps.memory ? ['--memory', `${limits.memoryBytes}b`, '--memory-swap', `${limits.memoryBytes}b`] : []),
    // Beside those of the run there are its first process and the shell that looks after a command.
    ...(engine.keeps.processes ? ['--pids-limit', String(limits.processes + 2)] : []),
    ...(engine.keeps.cpu ? ['--cpus', String(limits.cpu)] : []),
    ...[['nofile', files], ['fsize', fileBytes], ['core', 0], ['nproc', userProcesses]].flatMap(([name, value]) => ['--ulimit', `${name}=${value}:${value}`]),
    ...(limits.cpuTimeMs === null ? [] : ['--ulimit', `cpu=${Math.ceil(limits.cpuTimeMs / 1000)}:${Math.ceil(limits.cpuTimeMs / 1000)}`]),
  ]
}

/** Each as its fields. Nothing of the engine's own (its socket) is among them. */
function mounts({ spec, emptyPath }: ContainerOptions, temporaryBytes: number): string[][] {
  const { workspacePath, workspaceMode, hidden, homePath, programs } = spec
  const bind = (source: string, target: string, isReadOnly: boolean) => ['type=bind', `src=${source}`, `dst=${target}`, ...(isReadOnly ? ['readonly'] : [])]
  return [
    ['type=tmpfs', 'dst=/tmp', `tmpfs-size=${temporaryBytes}`, 'tmpfs-mode=1777'],
    bind(workspacePath, INSIDE.workspace, workspaceMode === 'read-only'),
    // A file is covered with the device that is always empty, a folder with an empty one: podman copies what a tmpfs covers into it.
    ...hidden.map(({ path, kind }) => {
      const inside = `${INSIDE.workspace}/${path}`
      return kind === 'file' ? bind('/dev/null', inside, true) : bind(emptyPath, inside, true)
    }),
    bind(homePath, INSIDE.home, false),
    ...programs.map(({ hostPath, insidePath }) => bind(hostPath, insidePath, true)),
  ]
}

/** The value of --mount is a line of CSV, for both engines: a path may hold commas, quotes and line feeds. */
function csvField(field: string): string {
  if (field.includes('\r'))
    throw new Error(`a path with a carriage return cannot be mounted into a container: ${JSON.stringify(field)}`)
  return /[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field
}

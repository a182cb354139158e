import type { LevelStatus } from '../../domain/views/system.ts'
import type { SandboxSpec } from '../protocol/input.ts'

/** Where things stand for what runs in a sandbox. */
export const INSIDE = { workspace: '/workspace', home: '/home/agent', sockets: '/run/agentos' } as const

/** What of the host a sandbox is given. */
export interface SandboxPaths extends Pick<SandboxSpec, 'workspacePath' | 'workspaceMode' | 'hidden' | 'homePath' | 'loopback' | 'programs'> {
  /** How much its temporary folders may hold, in memory. */
  temporaryBytes: number
}

/** The two ways into level `sandbox`. */
export const SANDBOX_WAYS = ['bubblewrap', 'util-linux'] as const
export type SandboxWay = (typeof SANDBOX_WAYS)[number]

/** What the start-up probe found of each level. */
export type LevelTable = LevelStatus[]

import type { Manifest } from '../domain/manifest/manifest.ts'

/** An agent at one version. */
export interface AgentRow {
  id: string
  organisationId: string
  name: string
  version: number
  /** The file as it was written. */
  source: string
  manifest: Manifest
  notices: string[]
  /** Where the manifest was found; null when it was sent in. */
  path: string | null
  /** ISO 8601. */
  updatedAt: string
  createdBy: string
}

/** How a database stands, as one sees it who only looks: nothing is made, locked or migrated. */
export interface DatabaseStanding {
  dialect: 'sqlite' | 'postgresql'
  /** Whether AgentOS has made its tables there. */
  exists: boolean
  /** Migrations that it has, and those that this program would apply. */
  applied: number
  pending: string[]
  tookMs: number
  /** How far its clock is ahead of this machine's. */
  apartMs: number
  /** When the newest run was submitted. */
  newestMs: number | null
  /** Of the key that all who share it have. */
  keyFingerprint: string | null
  /** One of the secrets that are stored. */
  sealed: { organisationId: string, name: string, sealed: string } | null
}

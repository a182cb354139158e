import type { Fault } from './fault.ts'
import { cancelEverywhere } from './rows/cancel.ts'
import { cutCommits } from './rows/cut-commits.ts'
import { damagedDatabase } from './rows/damaged.ts'
import { deploy } from './rows/deploy.ts'
import { fullDatabaseDisk, fullWorkspaceDisk } from './rows/disk-full.ts'
import { floods } from './rows/floods.ts'
import { killExecutor } from './rows/kill-executor.ts'
import { killServer } from './rows/kill-server.ts'
import { lockedDatabase } from './rows/locked.ts'
import { killedMigration } from './rows/migration-killed.ts'
import { killPostgres, pausePostgres, terminateBackends } from './rows/postgres-away.ts'
import { badCursors, halfOpen, reconnects, slowReader } from './rows/readers.ts'

/** In the order of the table. */
export const FAULTS: Fault[] = [
  killServer,
  killExecutor,
  killPostgres,
  terminateBackends,
  pausePostgres,
  cutCommits,
  fullDatabaseDisk,
  fullWorkspaceDisk,
  lockedDatabase,
  damagedDatabase,
  slowReader,
  halfOpen,
  reconnects,
  badCursors,
  floods,
  cancelEverywhere,
  deploy,
  killedMigration,
]

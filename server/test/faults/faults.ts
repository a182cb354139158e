import type { Fault } from './fault.ts'
import { executorAtBoundaries, serverAtBoundaries } from './rows/boundaries.ts'
import { cancelEverywhere } from './rows/cancel.ts'
import { cutCommits } from './rows/cut-commits.ts'
import { damagedDatabase } from './rows/damaged.ts'
import { deploy } from './rows/deploy.ts'
import { fullDatabaseDisk, fullWorkspaceDisk } from './rows/disk-full.ts'
import { floods } from './rows/floods.ts'
import { killExecutor } from './rows/kill-executor.ts'
import { killServer } from './rows/kill-server.ts'
import { lockedDatabase } from './rows/locked.ts'
import { deafServers, jumpingClocks, killWorker, pauseWorker } from './rows/lost-workers.ts'
import { manyUnderKills } from './rows/many.ts'
import { killedMigration } from './rows/migration-killed.ts'
import { poisonRun } from './rows/poison.ts'
import { killPostgres, pausePostgres, terminateBackends } from './rows/postgres-away.ts'
import { badCursors, halfOpen, reconnects, slowReader } from './rows/readers.ts'
import { rollingRestart } from './rows/rolling.ts'
import { schedulesDown } from './rows/schedules-down.ts'

/** In the order of the table. */
export const FAULTS: Fault[] = [
  killServer,
  serverAtBoundaries,
  killWorker,
  killExecutor,
  executorAtBoundaries,
  pauseWorker,
  killPostgres,
  terminateBackends,
  pausePostgres,
  cutCommits,
  deafServers,
  fullDatabaseDisk,
  fullWorkspaceDisk,
  lockedDatabase,
  damagedDatabase,
  jumpingClocks,
  manyUnderKills,
  slowReader,
  halfOpen,
  reconnects,
  badCursors,
  floods,
  cancelEverywhere,
  schedulesDown,
  deploy,
  rollingRestart,
  killedMigration,
  poisonRun,
]

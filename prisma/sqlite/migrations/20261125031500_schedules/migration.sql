-- RedefineTable: waits of more than 24 days do not fit the column that was made.
CREATE TABLE "new_schedules" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "organisationId" TEXT NOT NULL,
    "agentId" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "cron" TEXT,
    "everyMs" BIGINT,
    "onceAt" DATETIME,
    "timezone" TEXT NOT NULL,
    "overlap" TEXT NOT NULL,
    "catchUp" TEXT NOT NULL,
    "catchUpWindowMs" BIGINT NOT NULL,
    "task" TEXT NOT NULL,
    "inputs" TEXT NOT NULL,
    "pausedAt" DATETIME,
    "nextTickAt" DATETIME,
    "mark" TEXT,
    "createdById" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL,
    "updatedAt" DATETIME NOT NULL,
    CONSTRAINT "schedules_organisationId_fkey" FOREIGN KEY ("organisationId") REFERENCES "organisations" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "schedules_agentId_fkey" FOREIGN KEY ("agentId") REFERENCES "agents" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "schedules_createdById_fkey" FOREIGN KEY ("createdById") REFERENCES "users" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

INSERT INTO "new_schedules" ("id", "organisationId", "agentId", "source", "cron", "everyMs", "onceAt", "timezone", "overlap", "catchUp", "catchUpWindowMs", "task", "inputs", "pausedAt", "nextTickAt", "createdById", "createdAt", "updatedAt") SELECT "id", "organisationId", "agentId", "source", "cron", "everyMs", "onceAt", "timezone", "overlap", "catchUp", "catchUpWindowMs", "task", "inputs", "pausedAt", "nextTickAt", "createdById", "createdAt", "updatedAt" FROM "schedules";
DROP TABLE "schedules";
ALTER TABLE "new_schedules" RENAME TO "schedules";

-- CreateIndex
CREATE INDEX "schedules_nextTickAt_idx" ON "schedules"("nextTickAt");

-- CreateIndex
CREATE INDEX "schedules_organisationId_agentId_idx" ON "schedules"("organisationId", "agentId");

-- CreateIndex
CREATE INDEX "schedule_ticks_scheduleId_outcome_tickAt_idx" ON "schedule_ticks"("scheduleId", "outcome", "tickAt");

-- CreateIndex
CREATE INDEX "runs_scheduleId_status_idx" ON "runs"("scheduleId", "status");

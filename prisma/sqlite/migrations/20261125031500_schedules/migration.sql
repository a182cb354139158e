-- Waits of more than 24 days do not fit the column that was made. Nothing has written these two tables yet, so they are made anew.
DROP TABLE "schedule_ticks";
DROP TABLE "schedules";

-- CreateTable
CREATE TABLE "schedules" (
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

-- CreateTable
CREATE TABLE "schedule_ticks" (
    "scheduleId" TEXT NOT NULL,
    "tickAt" DATETIME NOT NULL,
    "outcome" TEXT NOT NULL,
    "detail" TEXT,
    "runId" TEXT,
    "createdAt" DATETIME NOT NULL,

    PRIMARY KEY ("scheduleId", "tickAt"),
    CONSTRAINT "schedule_ticks_scheduleId_fkey" FOREIGN KEY ("scheduleId") REFERENCES "schedules" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateIndex
CREATE INDEX "schedules_nextTickAt_idx" ON "schedules"("nextTickAt");

-- CreateIndex
CREATE INDEX "schedules_organisationId_agentId_idx" ON "schedules"("organisationId", "agentId");

-- CreateIndex
CREATE INDEX "schedule_ticks_scheduleId_outcome_tickAt_idx" ON "schedule_ticks"("scheduleId", "outcome", "tickAt");

-- CreateIndex
CREATE INDEX "runs_scheduleId_status_idx" ON "runs"("scheduleId", "status");
